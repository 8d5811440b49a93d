package policy

import (
	"strings"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/catalog"
)

func TestNearest(t *testing.T) {
	ids := []string{"backup_exec", "bareos", "borg", "google_backup_dr", "netbackup", "proxmox_backup_server", "veeam"}
	for word, want := range map[string]string{
		"veem": "veeam", "Veeam": "veeam", "vaem": "veeam", "veeam": "veeam", " veeam ": "veeam",
		"backup-exec": "backup_exec", "Backup Exec": "backup_exec", "backupexec": "backup_exec",
		"netbckup": "netbackup", "bacula": "", "boreas": "bareos", "brg": "borg",
		"proxmox": "proxmox_backup_server", "google": "google_backup_dr", "veeam_backup_and_replication": "veeam",
		"backup": "netbackup", "": "", "x": "", "dr": "", "commvault": "", strings.Repeat("veeam", 13): "",
	} {
		if got := nearest(word, ids); got != want {
			t.Errorf("nearest to %q: %q, want %q", word, got, want)
		}
	}
}

// TestUnknownProduct_SaysWhereToLook: with fifty products a list of ids helps
// nobody.
func TestUnknownProduct_SaysWhereToLook(t *testing.T) {
	for id, want := range map[string]string{
		"veem": `Unknown product: product = "veem" is not in the catalogue. Only a product of the catalogue has documented ports to compare with. ` +
			`Did you mean "veeam"? All products stand in docs/guides/products; or leave product out and write ports with negotiated = true.`,
		"zzz": `Unknown product: product = "zzz" is not in the catalogue. Only a product of the catalogue has documented ports to compare with. ` +
			`Use an id of docs/guides/products; or leave product out and write ports with negotiated = true.`,
	} {
		if got := UnknownProduct(id).Error(); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
}

// TestNearest_OfEveryProduct_IsItself: a word that is one letter off finds the
// product, however many others there are.
func TestNearest_OfEveryProduct_IsItself(t *testing.T) {
	for _, id := range catalog.IDs() {
		if got := nearest(id, catalog.IDs()); got != id {
			t.Errorf("nearest to %q: %q", id, got)
		}
		if short := id[:len(id)-1]; nearest(short, catalog.IDs()) == "" {
			t.Errorf("nothing is near %q", short)
		}
	}
}
