// Command gen rewrites the generated parts of the documentation in place.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/backupfw/terraform-provider-backupfw/internal/docs"
)

func main() {
	// go generate runs in the folder of the package.
	changed, err := docs.Update(filepath.Join("..", ".."))
	for _, name := range changed {
		fmt.Println("rewrote", name)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "docs:", err)
		os.Exit(1)
	}
}
