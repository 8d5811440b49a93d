package provider

import (
	"bytes"
	"errors"
	"io"
	"math/big"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// fromJSON encodes a state as Terraform keeps it, in JSON. It reports whether
// the state has exactly the attributes of the schema; what another version of
// the provider wrote may have others.
func (r *wireResource) fromJSON(state []byte) (encoded []byte, usual bool) {
	dec := jsontext.NewDecoder(bytes.NewBuffer(state))
	if len(state) == 0 || dec.PeekKind() != '{' {
		return nil, false
	}
	value, err := readObject(dec, func(name string) (shape, bool) {
		s, known := r.shapes[name]
		return s, known
	})
	if err != nil || len(value) != len(r.shapes) {
		return nil, false
	}
	if _, err := dec.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, false
	}
	var buffer bytes.Buffer
	w := newWireWriter(&buffer)
	w.mapLen(len(value))
	for _, name := range sortedKeys(value) {
		w.text(name)
		w.plain(value[name])
	}
	return buffer.Bytes(), true
}

// readObject reads an object, of which the decoder has seen the beginning.
func readObject(dec *jsontext.Decoder, field func(name string) (shape, bool)) (map[string]any, error) {
	if _, err := dec.ReadToken(); err != nil {
		return nil, errUnusual
	}
	values := map[string]any{}
	for dec.PeekKind() == '"' {
		name, err := dec.ReadToken()
		if err != nil {
			return nil, errUnusual
		}
		key := name.String()
		s, known := field(key)
		if !known {
			return nil, errUnusual
		}
		if values[key], err = readJSON(dec, s); err != nil {
			return nil, err
		}
	}
	if _, err := dec.ReadToken(); err != nil {
		return nil, errUnusual
	}
	return values, nil
}

// readRecord reads an object of a nested shape, or null.
func readRecord(dec *jsontext.Decoder, s shape) (any, error) {
	switch dec.PeekKind() {
	case 'n':
		return nil, skip(dec)
	case '{':
		values, err := readObject(dec, s.field)
		if err == nil && len(values) != len(s.fields) {
			err = errUnusual
		}
		return values, err
	}
	return nil, errUnusual
}

// readJSON reads a value of the shape; anything else is errUnusual.
func readJSON(dec *jsontext.Decoder, s shape) (any, error) {
	kind := dec.PeekKind()
	if kind == 'n' {
		return nil, skip(dec)
	}
	switch s.nesting {
	case object:
		return readRecord(dec, s)
	case list:
		return readList(dec, func() (any, error) { return readRecord(dec, s) })
	case table:
		return readTable(dec, func() (any, error) { return readRecord(dec, s) })
	}
	switch leaf := s.leaf.(type) {
	case types.ListType:
		element := shape{name: s.name, leaf: leaf.ElemType}
		return readList(dec, func() (any, error) { return readJSON(dec, element) })
	case types.MapType:
		element := shape{name: s.name, leaf: leaf.ElemType}
		return readTable(dec, func() (any, error) { return readJSON(dec, element) })
	}
	switch {
	case kind == '"' && s.leaf == types.StringType:
		token, err := dec.ReadToken()
		if err != nil {
			return nil, errUnusual
		}
		return token.String(), nil
	case (kind == 't' || kind == 'f') && s.leaf == types.BoolType:
		token, err := dec.ReadToken()
		if err != nil {
			return nil, errUnusual
		}
		return token.Bool(), nil
	case kind == '0' && (s.leaf == types.Int64Type || s.leaf == types.Float64Type || s.leaf == types.NumberType):
		token, err := dec.ReadToken()
		if err != nil {
			return nil, errUnusual
		}
		return parseNumber(token.String(), s)
	}
	return nil, errUnusual
}

func readList(dec *jsontext.Decoder, element func() (any, error)) (any, error) {
	if dec.PeekKind() != '[' || skipToken(dec) != nil {
		return nil, errUnusual
	}
	values := []any{}
	for {
		switch dec.PeekKind() {
		case ']':
			return values, skipToken(dec)
		case 0:
			return nil, errUnusual
		}
		value, err := element()
		if err != nil {
			return nil, err
		}
		values = append(values, value)
	}
}

func readTable(dec *jsontext.Decoder, element func() (any, error)) (any, error) {
	if dec.PeekKind() != '{' || skipToken(dec) != nil {
		return nil, errUnusual
	}
	values := map[string]any{}
	for dec.PeekKind() == '"' {
		name, err := dec.ReadToken()
		if err != nil {
			return nil, errUnusual
		}
		key := name.String()
		if values[key], err = element(); err != nil {
			return nil, err
		}
	}
	return values, skipToken(dec)
}

func skip(dec *jsontext.Decoder) error {
	if dec.SkipValue() != nil {
		return errUnusual
	}
	return nil
}

func skipToken(dec *jsontext.Decoder) error {
	if _, err := dec.ReadToken(); err != nil {
		return errUnusual
	}
	return nil
}

// parseNumber reads a number as precisely as Terraform keeps it. A float that a
// float64 writes the same way is one: Terraform compares fractions by their
// digits, and works them out of 512 bits much more slowly than out of 64.
func parseNumber(text string, s shape) (any, error) {
	if len(text) > maxDigits {
		return nil, errUnusual
	}
	if f, err := strconv.ParseFloat(text, 64); s.leaf == types.Float64Type && err == nil && strconv.FormatFloat(f, 'f', -1, 64) == text {
		return f, nil
	}
	exact, _, err := big.ParseFloat(text, 10, wirePrecision, big.ToNearestEven)
	if err != nil {
		return nil, errUnusual
	}
	return exact, nil
}

// plain writes a plain value.
func (w wireWriter) plain(value any) {
	switch v := value.(type) {
	case nil:
		w.must(w.EncodeNil())
	case string:
		w.text(v)
	case bool:
		w.must(w.EncodeBool(v))
	case float64:
		w.float(v)
	case *big.Float:
		w.number(v)
	case []any:
		w.arrayLen(len(v))
		for _, element := range v {
			w.plain(element)
		}
	case map[string]any:
		w.mapLen(len(v))
		for _, key := range sortedKeys(v) {
			w.text(key)
			w.plain(v[key])
		}
	default:
		panic("provider: no plain value of a state")
	}
}

// number writes a number in the first form that is exact: as an integer, as a
// float or as text.
func (w wireWriter) number(v *big.Float) {
	if i, accuracy := v.Int64(); accuracy == big.Exact {
		w.must(w.EncodeInt(i))
	} else if f, accuracy := v.Float64(); accuracy == big.Exact {
		w.must(w.EncodeFloat64(f))
	} else {
		w.text(v.Text('f', -1))
	}
}
