package prefixset

import (
	"strconv"

	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
)

// explain says what is wrong with a text that parseStrict refused.
func explain(text string) *fault.Fault {
	return fault.New("Unreadable prefix",
		strconv.Quote(text)+" is not an address or a prefix.",
		"A prefix that two readers take differently opens more than one of them expects.",
		`Write a prefix as "192.0.2.0/24".`)
}
