package emit

import (
	"github.com/backupfw/terraform-provider-backupfw/internal/compile"
)

// flatRow is the row of a box without its values.
func flatRow(b *compile.Box) Row {
	row := Row{Key: flatKey(b), Rules: b.Rules}
	if b.Reference != nil {
		row.References, row.ReferenceKind = []string{b.Reference.Name}, string(b.Reference.Kind)
	}
	return row
}

// prefixColumns splits the peer over a column for each address family; both
// are nil for a reference.
func prefixColumns(b *compile.Box) (ipv4, ipv6 any) {
	switch {
	case b.Reference != nil:
	case b.Prefix.Addr().Is4():
		ipv4 = b.Prefix.String()
	default:
		ipv6 = b.Prefix.String()
	}
	return ipv4, ipv6
}
