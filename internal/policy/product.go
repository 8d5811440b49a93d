package policy

import (
	"fmt"
	"strings"

	"github.com/agext/levenshtein"

	"github.com/backupfw/terraform-provider-backupfw/internal/catalog"
	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
)

// CatalogueGuide is the page of the documentation that lists every product.
const CatalogueGuide = "docs/guides/products"

// UnknownProduct is the fault of a product id that the catalogue lacks.
func UnknownProduct(id string) *fault.Fault {
	return fault.New("Unknown product",
		fmt.Sprintf("product = %s is not in the catalogue.", Quote(id)),
		"Only a product of the catalogue has documented ports to compare with.",
		strings.TrimSuffix(NearestProduct(id), ".")+"; or leave product out and write ports with negotiated = true.")
}

// NearestProduct says in a sentence or two which product may have been meant,
// and where all of them stand.
func NearestProduct(id string) string {
	if near := nearest(id, catalog.IDs()); near != "" {
		return fmt.Sprintf("Did you mean %q? All products stand in %s.", near, CatalogueGuide)
	}
	return "Use an id of " + CatalogueGuide + "."
}

// nearest returns the id that was most likely meant, or "": the one that takes
// the fewest edits, if they are few for its length, or else the first one that
// contains the word or is contained in it.
func nearest(word string, ids []string) string {
	if len(word) > 64 {
		return "" // no id is nearly as long, and distances take time
	}
	word = strings.NewReplacer("-", "_", " ", "_", ".", "_").Replace(strings.ToLower(strings.TrimSpace(word)))
	if word == "" {
		return ""
	}
	best, fewest := "", 0
	for _, id := range ids {
		if edits := levenshtein.Distance(word, id, nil); edits <= (len(id)+1)/3 && (best == "" || edits < fewest) {
			best, fewest = id, edits
		}
	}
	if best != "" {
		return best
	}
	for _, id := range ids {
		if len(word) >= 4 && strings.Contains(id, word) || strings.Contains(word, id) {
			return id
		}
	}
	return ""
}
