package provider

import (
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/backupfw/terraform-provider-backupfw/internal/catalog"
)

// loadShape is what a product has to serve. It is not called sizing, because
// that is what is computed from it.
func loadShape() shape {
	var units []string
	for _, unit := range catalog.Units() {
		if unit != catalog.NoUnit {
			units = append(units, "`"+string(unit)+"`")
		}
	}
	return shape{name: "load", leaf: types.MapType{ElemType: types.Int64Type},
		doc: "What a product has to serve, by unit, for products whose ranges grow with more than one thing or not with jobs: for example `{ device = 4, client = 20 }`. " +
			"Which units a product has is on its page in the guides and in `sizing` of `backupfw_product`; all of them are " + strings.Join(units, ", ") + "."}
}

// decodeLoad reads the counts by unit; complete is false while one is unknown.
func decodeLoad(n node) (load map[string]int, complete bool) {
	if n.isUnknown() {
		return nil, false
	}
	load, complete = map[string]int{}, true
	for _, entry := range n.entries() {
		if entry.isNull() {
			entry.missing("A unit without a number counts nothing.", "Remove the unit, or write a number.")
		}
		value, known := entry.integer()
		complete = complete && !entry.isUnknown()
		if known {
			load[entry.key] = int(max(-1, min(value, 1<<31)))
		}
	}
	return load, complete
}
