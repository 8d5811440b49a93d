// Command gen writes documented.txt, the ports that the products of the
// catalogue document. It is run in internal/catalog by go generate.
package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/catalog"
)

func main() {
	text := strings.Join(catalog.CollectDocumented().Strings(), "\n") + "\n"
	if err := os.WriteFile("documented.txt", []byte(text), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}
