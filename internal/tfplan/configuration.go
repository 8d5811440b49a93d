package tfplan

import (
	"path"
	"regexp"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Configuration is what a plan keeps of the configuration: expressions without
// their text, and no file names.
type Configuration struct {
	Providers map[string]ProviderConfig `json:"provider_config"`
	Root      Module                    `json:"root_module"`
}

// ProviderConfig is a provider block.
type ProviderConfig struct {
	Name        string                `json:"name"`
	FullName    string                `json:"full_name"`
	Module      string                `json:"module_address"`
	Expressions map[string]Expression `json:"expressions"`
}

// Module is a module's own resources and the modules that it calls.
type Module struct {
	Resources []Resource            `json:"resources"`
	Calls     map[string]ModuleCall `json:"module_calls"`
}

// ModuleCall is a module block.
type ModuleCall struct {
	Source string `json:"source"`
	Module Module `json:"module"`
}

// Resource is a resource or data block.
type Resource struct {
	Address     string                `json:"address"`
	Mode        string                `json:"mode"`
	Type        string                `json:"type"`
	Name        string                `json:"name"`
	Expressions map[string]Expression `json:"expressions"`
}

// Expression is an attribute's expression, or a list of nested blocks, of which
// nothing is kept.
type Expression struct {
	// Constant is the value as JSON when the expression is constant.
	Constant jsontext.Value
	// References are what the expression refers to, the most exact first.
	References []string
}

// UnmarshalJSONFrom reads an expression and skips nested blocks.
func (e *Expression) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if dec.PeekKind() != '{' {
		return dec.SkipValue()
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for dec.PeekKind() != '}' {
		name, err := dec.ReadToken()
		if err != nil {
			return err
		}
		switch name.String() {
		case "constant_value":
			value, err := dec.ReadValue()
			if err != nil {
				return err
			}
			e.Constant = value.Clone()
		case "references":
			if err := e.readReferences(dec); err != nil {
				return err
			}
		default:
			if err := dec.SkipValue(); err != nil {
				return err
			}
		}
	}
	_, err := dec.ReadToken()
	return err
}

// readReferences reads the list; a block may have an argument of that name.
func (e *Expression) readReferences(dec *jsontext.Decoder) error {
	if dec.PeekKind() != '[' {
		return dec.SkipValue()
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for dec.PeekKind() != ']' {
		if dec.PeekKind() != '"' {
			if err := dec.SkipValue(); err != nil {
				return err
			}
			continue
		}
		token, err := dec.ReadToken()
		if err != nil {
			return err
		}
		e.References = append(e.References, token.String())
	}
	_, err := dec.ReadToken()
	return err
}

// instanceKey is the part of an address in square brackets.
var instanceKey = regexp.MustCompile(`\[(?:"(?:[^"\\]|\\.)*"|[0-9]+)\]`)

// Static is an address without the keys of instances: what stands in the
// configuration.
func Static(address string) string { return instanceKey.ReplaceAllString(address, "") }

// moduleNames splits the address of a module, such as module.a["x"].module.b,
// into the names of the calls.
func moduleNames(address string) []string {
	parts := strings.Split(Static(address), ".")
	var names []string
	for i := 1; i < len(parts); i += 2 {
		names = append(names, parts[i])
	}
	return names
}

// Module finds the module with the address; "" is the root.
func (c *Configuration) Module(address string) (*Module, bool) {
	at := &c.Root
	for _, name := range moduleNames(address) {
		call, called := at.Calls[name]
		if !called {
			return nil, false
		}
		at = &call.Module
	}
	return at, true
}

// Resource finds the managed resource of a change.
func (c *Configuration) Resource(change *Change) (*Resource, bool) {
	m, found := c.Module(change.ModuleAddress)
	if !found {
		return nil, false
	}
	for i := range m.Resources {
		if r := &m.Resources[i]; r.Mode == "managed" && r.Type == change.Type && r.Name == change.Name {
			return r, true
		}
	}
	return nil, false
}

// LocalDir returns the directory of a module relative to the root module's, as
// far as every call on the way has a path as its source. key is the module's
// key in the list that init writes: names joined with dots.
func (c *Configuration) LocalDir(address string) (dir, key string, local bool) {
	at, names := &c.Root, moduleNames(address)
	dir, local = ".", true
	for _, name := range names {
		call, called := at.Calls[name]
		if !called || !strings.HasPrefix(call.Source, "./") && !strings.HasPrefix(call.Source, "../") {
			local = false
		}
		dir = path.Join(dir, call.Source)
		at = &call.Module
	}
	return dir, strings.Join(names, "."), local
}
