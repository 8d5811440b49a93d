package catalog

import (
	_ "embed"
	"strings"
	"sync"

	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

//go:generate go run ./gen

// documentedText has the ports of all products together, an entry in a line.
// Reading the products themselves takes longer than judging a policy with them,
// and most runs ask for none or one.
//
//go:embed documented.txt
var documentedText string

// Documented returns the ports that any product documents, as
// Product.Documented does for one. It reads no product.
var Documented = sync.OnceValue(func() portset.Ports {
	ports, faults := portset.ParseList(strings.Fields(documentedText))
	if len(faults) > 0 {
		panic("catalog: documented.txt: " + faults.Error())
	}
	return ports
})

// CollectDocumented works the same out of every product.
func CollectDocumented() portset.Ports {
	var all []portset.Ports
	for _, id := range IDs() {
		product, _ := Get(id)
		all = append(all, product.Documented())
	}
	return portset.Merge(all)
}
