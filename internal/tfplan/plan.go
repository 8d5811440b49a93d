// Package tfplan reads what Terraform and OpenTofu write about a plan: the
// JSON of "show -json" and the stream of "plan -json". It reads the plan as a
// stream, since plans of large configurations do not fit twice into memory, and
// turns values into cty values in which what is known only after apply is
// unknown.
package tfplan

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Plan is what a plan says besides its changes.
type Plan struct {
	FormatVersion    string
	TerraformVersion string
	// Timestamp is when the plan was made, in RFC 3339; empty in old formats.
	Timestamp string
	// Errored is set when the plan is not whole because of errors.
	Errored bool
	// Complete is false when the plan leaves changes for a later one.
	Complete bool
	// Deferred are the addresses of changes that are left for a later plan.
	Deferred      []string
	Configuration Configuration
}

// Change is what the plan does with one instance of a resource.
type Change struct {
	Address       string
	ModuleAddress string
	Mode          string
	Type          string
	Name          string
	ProviderName  string
	// Key is the instance's key with for_each; empty otherwise.
	Key string
	// Deposed is set for what is left of a replaced instance.
	Deposed bool
	// Action is "create", "update", "delete", "replace", "read", "no-op" or
	// "forget".
	Action string

	before, after, unknown jsontext.Value
}

// rawChange is a change as it stands in the JSON.
type rawChange struct {
	Address       string         `json:"address"`
	ModuleAddress string         `json:"module_address"`
	Mode          string         `json:"mode"`
	Type          string         `json:"type"`
	Name          string         `json:"name"`
	Index         jsontext.Value `json:"index"`
	ProviderName  string         `json:"provider_name"`
	Deposed       string         `json:"deposed"`
	Change        struct {
		Actions      []string       `json:"actions"`
		Before       jsontext.Value `json:"before"`
		After        jsontext.Value `json:"after"`
		AfterUnknown jsontext.Value `json:"after_unknown"`
	} `json:"change"`
}

// majorVersion is the format that is read: minor versions only add members.
const majorVersion = "1."

// want is what the messages about unreadable input ask for.
const want = `The input must be the output of "terraform show -json PLANFILE" (or "tofu show -json PLANFILE").`

// Read reads the JSON of a plan and calls visit with every change of a managed
// resource, in the order of the plan. The change is valid until visit returns.
// An error says what is wrong with the input and what was expected.
func Read(r io.Reader, visit func(*Change) error) (*Plan, error) {
	buffered := bufio.NewReader(r)
	magic, _ := buffered.Peek(len(archive))
	p := &planReader{dec: jsontext.NewDecoder(buffered), plan: &Plan{Complete: true}, visit: visit, magic: string(magic)}
	if err := p.read(); err != nil {
		if passed := (*visitError)(nil); errors.As(err, &passed) {
			return nil, passed.err
		}
		return nil, fmt.Errorf("the plan cannot be read: %w. %s", err, want)
	}
	return p.plan, nil
}

// archive is how a plan file begins, which is what -out writes.
const archive = "PK\x03\x04"

func notJSON(err error, magic string) error {
	if magic == archive {
		return errors.New("it is the plan file itself and not its JSON")
	}
	return fmt.Errorf("it is not JSON (%w)", err)
}

type planReader struct {
	magic string
	dec   *jsontext.Decoder
	plan  *Plan
	visit func(*Change) error
	seen  bool // resource_changes or planned_values
}

// visitError marks an error of the visitor: it is not about the JSON.
type visitError struct{ err error }

func (e *visitError) Error() string { return e.err.Error() }

func (p *planReader) read() error {
	if kind := p.dec.PeekKind(); kind != '{' {
		if _, err := p.dec.ReadToken(); err != nil {
			if errors.Is(err, io.EOF) {
				return errors.New("it is empty")
			}
			return notJSON(err, p.magic)
		}
		return errors.New("it is JSON, but not an object")
	}
	if _, err := p.dec.ReadToken(); err != nil {
		return err
	}
	for p.dec.PeekKind() != '}' {
		name, err := p.dec.ReadToken()
		if err != nil {
			return cut(err)
		}
		if err := p.member(name.String()); err != nil {
			return cut(err)
		}
	}
	if _, err := p.dec.ReadToken(); err != nil {
		return cut(err)
	}
	if _, err := p.dec.ReadToken(); !errors.Is(err, io.EOF) {
		return errors.New("something follows after the end of the plan")
	}
	if p.plan.FormatVersion == "" || !p.seen {
		if p.plan.FormatVersion != "" {
			return errors.New("it is the JSON of a state: it has no resource_changes")
		}
		return errors.New("it has no format_version")
	}
	return nil
}

// cut says of an unexpected end what it means.
func cut(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("it ends in the middle")
	}
	return err
}

func (p *planReader) member(name string) error {
	switch name {
	case "format_version":
		if err := json.UnmarshalDecode(p.dec, &p.plan.FormatVersion); err != nil {
			return err
		}
		if !strings.HasPrefix(p.plan.FormatVersion, majorVersion) {
			return fmt.Errorf("its format_version %q is not 1.x, the only one that this version of the provider knows", p.plan.FormatVersion)
		}
		return nil
	case "terraform_version":
		return json.UnmarshalDecode(p.dec, &p.plan.TerraformVersion)
	case "timestamp":
		return json.UnmarshalDecode(p.dec, &p.plan.Timestamp)
	case "errored":
		return json.UnmarshalDecode(p.dec, &p.plan.Errored)
	case "complete":
		return json.UnmarshalDecode(p.dec, &p.plan.Complete)
	case "configuration":
		return json.UnmarshalDecode(p.dec, &p.plan.Configuration)
	case "resource_changes":
		p.seen = true
		return p.elements(p.change)
	case "deferred_changes":
		return p.elements(p.deferred)
	case "planned_values":
		p.seen = true
	}
	return p.dec.SkipValue()
}

// elements reads an array, or null, element by element.
func (p *planReader) elements(read func() error) error {
	if p.dec.PeekKind() == 'n' {
		return p.dec.SkipValue()
	}
	if kind := p.dec.PeekKind(); kind != '[' {
		if _, err := p.dec.ReadToken(); err != nil {
			return err
		}
		return fmt.Errorf("resource changes are %s and not a list", kind)
	}
	if _, err := p.dec.ReadToken(); err != nil {
		return err
	}
	for p.dec.PeekKind() != ']' {
		if err := read(); err != nil {
			return err
		}
	}
	_, err := p.dec.ReadToken()
	return err
}

func (p *planReader) change() error {
	var raw rawChange
	if err := json.UnmarshalDecode(p.dec, &raw); err != nil {
		return err
	}
	if raw.Mode != "managed" {
		return nil
	}
	c := &Change{
		Address: raw.Address, ModuleAddress: raw.ModuleAddress, Mode: raw.Mode, Type: raw.Type, Name: raw.Name,
		ProviderName: raw.ProviderName, Deposed: raw.Deposed != "",
		before: raw.Change.Before, after: raw.Change.After, unknown: raw.Change.AfterUnknown,
	}
	if raw.Index.Kind() == '"' {
		if err := json.Unmarshal(raw.Index, &c.Key); err != nil {
			return err
		}
	}
	action, err := actionOf(raw.Change.Actions)
	if err != nil {
		return fmt.Errorf("%s: %w", raw.Address, err)
	}
	c.Action = action
	if err := p.visit(c); err != nil {
		return &visitError{err}
	}
	return nil
}

// actionOf names a list of actions. An action that is not known must not pass
// for nothing.
func actionOf(actions []string) (string, error) {
	switch joined := strings.Join(actions, ","); joined {
	case "create", "update", "delete", "read", "no-op", "forget":
		return joined, nil
	case "delete,create", "create,delete", "create,forget", "forget,create":
		return "replace", nil
	default:
		return "", fmt.Errorf("the actions %q are not known", actions)
	}
}

// deferred reads one of deferred_changes, which the next plan will make.
func (p *planReader) deferred() error {
	var raw struct {
		Change struct {
			Address string `json:"address"`
		} `json:"resource_change"`
	}
	if err := json.UnmarshalDecode(p.dec, &raw); err != nil {
		return err
	}
	p.plan.Deferred = append(p.plan.Deferred, raw.Change.Address)
	return nil
}

// Header returns the change without its values, which need memory.
func (c *Change) Header() Change {
	header := *c
	header.before, header.after, header.unknown = nil, nil, nil
	return header
}

// Keep returns a copy that stays valid after visit has returned.
func (c *Change) Keep() Change {
	kept := *c
	kept.before, kept.after, kept.unknown = c.before.Clone(), c.after.Clone(), c.unknown.Clone()
	return kept
}
