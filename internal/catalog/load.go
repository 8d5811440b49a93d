package catalog

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// productDir is the directory of the product files, one per product, named
// after the product's id.
const (
	productDir = "products"
	productExt = ".yaml"
)

// parsed counts the product files that were read so far.
var parsed atomic.Int64

// Parsed returns how many product files this process has read. Tests hold
// start-up to none.
func Parsed() int { return int(parsed.Load()) }

// library is a directory of product files; each is parsed once, on demand.
type library struct {
	ids      []string // sorted
	products map[string]func() (*Product, error)
}

func newLibrary(fsys fs.FS) (*library, error) {
	names, err := fs.Glob(fsys, productDir+"/*"+productExt)
	if err != nil {
		return nil, err
	}
	l := &library{products: make(map[string]func() (*Product, error), len(names))}
	for _, name := range names {
		id := strings.TrimSuffix(path.Base(name), productExt)
		l.ids = append(l.ids, id)
		l.products[id] = sync.OnceValues(func() (*Product, error) { return load(fsys, id) })
	}
	slices.Sort(l.ids)
	return l, nil
}

// get returns nil without an error for an unknown id.
func (l *library) get(id string) (*Product, error) {
	parse, ok := l.products[id]
	if !ok {
		return nil, nil
	}
	return parse()
}

// load reads and checks one product file. An error names the file and, as far
// as the text could be read, every field at fault.
func load(fsys fs.FS, id string) (*Product, error) {
	parsed.Add(1)
	name := path.Join(productDir, id+productExt)
	text, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, err
	}
	product, problems := parse(text)
	if len(problems) == 0 && product.ID != id {
		problems.add("id", "%q is not the name of the file", product.ID)
	}
	if len(problems) > 0 {
		return nil, fmt.Errorf("%s: %s", name, strings.Join(problems, "\n"+name+": "))
	}
	return product, nil
}
