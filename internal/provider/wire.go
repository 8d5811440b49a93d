package provider

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/big"
	"slices"
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/vmihailenco/msgpack/v5"
	"github.com/vmihailenco/msgpack/v5/msgpcode"
)

// errUnusual says that a value is not as Terraform sends it for the shape. The
// framework knows what to say of it.
var errUnusual = errors.New("not a value of the schema")

// lazyObject is an object as it came over the wire. Its attributes are decoded
// when they are asked for: most of a resource is computed, and never read.
type lazyObject struct {
	names   []string // in the order of the wire
	encoded map[string][]byte
	shapes  map[string]shape
	decoded map[string]any
	err     error // the first value that was not as the shape says
}

// openObject finds the attributes of an object of exactly the shapes; nil for
// null.
func openObject(encoded []byte, shapes map[string]shape) (*lazyObject, error) {
	w := newWireReader(encoded)
	n, err := w.DecodeMapLen()
	switch {
	case err != nil:
		return nil, errUnusual
	case n < 0:
		return nil, nil
	case n != len(shapes):
		return nil, errUnusual
	}
	o := &lazyObject{names: make([]string, 0, n), encoded: make(map[string][]byte, n), shapes: shapes, decoded: make(map[string]any, n)}
	for range n {
		name, err := w.DecodeString()
		if err != nil {
			return nil, errUnusual
		}
		start := w.position()
		if err := w.Skip(); err != nil {
			return nil, errUnusual
		}
		_, known := shapes[name]
		_, twice := o.encoded[name]
		if !known || twice {
			return nil, errUnusual
		}
		o.names = append(o.names, name)
		o.encoded[name] = encoded[start:w.position()]
	}
	if w.position() != len(encoded) {
		return nil, errUnusual
	}
	return o, nil
}

// attribute decodes an attribute; null when there is none of the name.
func (o *lazyObject) attribute(name string) any {
	value, known := o.decoded[name]
	s, exists := o.shapes[name]
	if known || !exists {
		return value
	}
	w := newWireReader(o.encoded[name])
	value, err := w.value(s)
	if err != nil && o.err == nil {
		o.err = err
	}
	o.decoded[name] = value
	return value
}

// all decodes every attribute.
func (o *lazyObject) all() map[string]any {
	for name := range o.shapes {
		o.attribute(name)
	}
	return o.decoded
}

// isNull and isUnknown look at an attribute without decoding it.
func (o *lazyObject) isNull(name string) bool {
	return len(o.encoded[name]) > 0 && o.encoded[name][0] == msgpcode.Nil
}

func (o *lazyObject) isUnknown(name string) bool {
	return len(o.encoded[name]) > 0 && msgpcode.IsExt(o.encoded[name][0])
}

// with returns the object's encoding with some attributes replaced. The others
// are repeated to the letter.
func (o *lazyObject) with(replaced map[string][]byte) []byte {
	size := 5
	for _, name := range o.names {
		size += len(name) + 5 + max(len(o.encoded[name]), len(replaced[name]))
	}
	buffer := bytes.NewBuffer(make([]byte, 0, size))
	w := newWireWriter(buffer)
	w.mapLen(len(o.names))
	for _, name := range o.names {
		w.text(name)
		if value, isReplaced := replaced[name]; isReplaced {
			buffer.Write(value)
		} else {
			buffer.Write(o.encoded[name])
		}
	}
	return buffer.Bytes()
}

// wireReader reads values as Terraform encodes them: MessagePack, with unknown
// values as extensions.
type wireReader struct {
	*msgpack.Decoder
	source *bytes.Reader
}

func newWireReader(encoded []byte) wireReader {
	source := bytes.NewReader(encoded)
	return wireReader{msgpack.NewDecoder(source), source}
}

func (w wireReader) position() int { return int(w.source.Size()) - w.source.Len() }

// value reads a value of the shape. Anything else is errUnusual, numbers that
// do not fit included.
func (w wireReader) value(s shape) (any, error) {
	special, isSpecial, err := w.special()
	if err != nil || isSpecial {
		return special, err
	}
	switch s.nesting {
	case object:
		return w.object(s)
	case list:
		return w.list(func() (any, error) { return w.nested(s) })
	case table:
		return w.table(func() (any, error) { return w.nested(s) })
	}
	switch leaf := s.leaf.(type) {
	case types.ListType:
		element := shape{name: s.name, leaf: leaf.ElemType}
		return w.list(func() (any, error) { return w.value(element) })
	case types.MapType:
		element := shape{name: s.name, leaf: leaf.ElemType}
		return w.table(func() (any, error) { return w.value(element) })
	}
	switch s.leaf {
	case types.StringType:
		return usual(w.DecodeString())
	case types.BoolType:
		return usual(w.DecodeBool())
	case types.Int64Type, types.Float64Type, types.NumberType:
		return w.number(s)
	}
	return nil, errUnusual
}

// nested reads an element of a list or a map of objects.
func (w wireReader) nested(s shape) (any, error) {
	special, isSpecial, err := w.special()
	if err != nil || isSpecial {
		return special, err
	}
	return w.object(s)
}

// special reads null and unknown.
func (w wireReader) special() (value any, isSpecial bool, err error) {
	code, err := w.PeekCode()
	switch {
	case err != nil:
		return nil, false, errUnusual
	case code == msgpcode.Nil:
		return nil, true, w.Skip()
	case msgpcode.IsExt(code):
		return notKnown{}, true, w.Skip()
	}
	return nil, false, nil
}

func (w wireReader) object(s shape) (any, error) {
	n, err := w.DecodeMapLen()
	if err != nil || n != len(s.fields) {
		return nil, errUnusual
	}
	values := make(map[string]any, n)
	for range n {
		name, err := w.DecodeString()
		if err != nil {
			return nil, errUnusual
		}
		f, known := s.field(name)
		if _, twice := values[name]; !known || twice {
			return nil, errUnusual
		}
		if values[name], err = w.value(f); err != nil {
			return nil, err
		}
	}
	return values, nil
}

func (w wireReader) list(element func() (any, error)) (any, error) {
	n, err := w.DecodeArrayLen()
	if err != nil || n < 0 || n > w.source.Len() { // an element has a byte, at least
		return nil, errUnusual
	}
	values := make([]any, n)
	for i := range values {
		if values[i], err = element(); err != nil {
			return nil, err
		}
	}
	return values, nil
}

func (w wireReader) table(element func() (any, error)) (any, error) {
	n, err := w.DecodeMapLen()
	if err != nil || n < 0 || n > w.source.Len() {
		return nil, errUnusual
	}
	values := make(map[string]any, n)
	for range n {
		key, err := w.DecodeString()
		if _, twice := values[key]; err != nil || twice {
			return nil, errUnusual
		}
		if values[key], err = element(); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// number reads what Terraform writes as an integer, a float or, if it fits
// neither, as text.
func (w wireReader) number(s shape) (any, error) {
	decoded, err := w.DecodeInterface()
	if err != nil {
		return nil, errUnusual
	}
	exact := new(big.Float).SetPrec(wirePrecision)
	switch v := decoded.(type) {
	case int8:
		exact.SetInt64(int64(v))
	case int16:
		exact.SetInt64(int64(v))
	case int32:
		exact.SetInt64(int64(v))
	case int64:
		exact.SetInt64(v)
	case uint8:
		exact.SetUint64(uint64(v))
	case uint16:
		exact.SetUint64(uint64(v))
	case uint32:
		exact.SetUint64(uint64(v))
	case uint64:
		exact.SetUint64(v)
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, errUnusual
		}
		exact.SetFloat64(v)
	case string:
		if s.leaf == types.Int64Type && len(v) > maxDigits {
			return noNumber{}, nil
		}
		parsed, err := parseNumber(v, s)
		if err != nil {
			return nil, err
		}
		if f, isFloat := parsed.(float64); isFloat {
			return f, nil
		}
		exact = parsed.(*big.Float)
	default:
		return nil, errUnusual
	}
	switch s.leaf {
	case types.Int64Type:
		if i, accuracy := exact.Int64(); accuracy == big.Exact {
			return i, nil
		}
		// Read as it is, so that whoever wants a whole number says so: the
		// framework would call it an error of the provider.
	case types.Float64Type:
		f, accuracy := exact.Float64()
		if math.IsInf(f, 0) || f == 0 && accuracy != big.Exact {
			return nil, errUnusual
		}
		return f, nil
	}
	return exact, nil
}

// wirePrecision is the precision, in bits, of Terraform's numbers, and maxDigits
// more than any of ours has as text: addresses are counted up to 2^128.
const (
	wirePrecision = 512
	maxDigits     = 200
)

func usual[T any](value T, err error) (any, error) {
	if err != nil {
		return nil, errUnusual
	}
	return value, nil
}

// wireWriter writes what evaluate computes.
type wireWriter struct {
	*msgpack.Encoder
	buffer *bytes.Buffer
}

func newWireWriter(buffer *bytes.Buffer) wireWriter {
	e := msgpack.NewEncoder(buffer)
	e.UseCompactInts(true)
	e.UseCompactFloats(true)
	return wireWriter{e, buffer}
}

// float writes a float the way Terraform reads it from a state, by its digits:
// beyond 64 bits these are no longer the float's exact value.
func (w wireWriter) float(v float64) {
	if v == math.Trunc(v) && (v < math.MinInt64 || v >= math.MaxInt64) {
		w.text(strconv.FormatFloat(v, 'f', -1, 64))
		return
	}
	w.must(w.EncodeFloat64(v))
}

// A buffer takes everything, so that these cannot fail.
func (w wireWriter) must(err error) {
	if err != nil {
		panic("provider: encoding to memory: " + err.Error())
	}
}
func (w wireWriter) mapLen(n int)     { w.must(w.EncodeMapLen(n)) }
func (w wireWriter) arrayLen(n int)   { w.must(w.EncodeArrayLen(n)) }
func (w wireWriter) text(text string) { w.must(w.EncodeString(text)) }

// unknownOnWire is how Terraform and its SDKs write an unknown value of which
// nothing is known: an extension of type 0 with one byte.
var unknownOnWire = []byte{msgpcode.FixExt1, 0, 0}

// onWire encodes a value that evaluate computed; see shape.encode for the
// combinations.
func (s shape) onWire(value any) []byte {
	var buffer bytes.Buffer
	s.write(newWireWriter(&buffer), value)
	return buffer.Bytes()
}

func (s shape) write(w wireWriter, value any) {
	if value == nil {
		w.must(w.EncodeNil())
		return
	}
	switch s.nesting {
	case object:
		s.writeRecord(w, value.(record))
		return
	case list:
		records := value.([]record)
		w.arrayLen(len(records))
		for _, r := range records {
			s.writeRecord(w, r)
		}
		return
	case table:
		records := value.(map[string]record)
		w.mapLen(len(records))
		for _, key := range sortedKeys(records) {
			w.text(key)
			s.writeRecord(w, records[key])
		}
		return
	}
	switch v := value.(type) {
	case string:
		w.text(v)
	case bool:
		w.must(w.EncodeBool(v))
	case int:
		w.must(w.EncodeInt(int64(v)))
	case int64:
		w.must(w.EncodeInt(v))
	case float64:
		w.float(v)
	case *big.Int:
		if v.IsInt64() {
			w.must(w.EncodeInt(v.Int64()))
		} else {
			w.text(v.String())
		}
	case []string:
		w.arrayLen(len(v))
		for _, item := range v {
			w.text(item)
		}
	case map[string]string:
		w.mapLen(len(v))
		for _, key := range sortedKeys(v) {
			w.text(key)
			w.text(v[key])
		}
	default:
		panic(fmt.Sprintf("provider: cannot encode %T as %s", value, s.name))
	}
}

func (s shape) writeRecord(w wireWriter, r record) {
	w.mapLen(len(s.fields))
	used := 0
	for i := range s.fields {
		f := &s.fields[i]
		value, given := r[f.name]
		if given {
			used++
		}
		w.text(f.name)
		f.write(w, value)
	}
	if used != len(r) {
		panic(fmt.Sprintf("provider: %s has a value for an attribute that it lacks: %v", s.name, r))
	}
}

func sortedKeys[T any](of map[string]T) []string { return slices.Sorted(maps.Keys(of)) }
