package tfplan

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Stream is what "terraform plan -json" wrote. Of a rejected plan it has all
// there is: a plan file, if there is one, lacks the resource that was rejected.
type Stream struct {
	Diagnostics []Diagnostic
	// Planned is set when the summary of the plan was written. It may stand before
	// the errors of a plan that failed, so it is no sign of success.
	Planned bool
}

// Diagnostic is an error or a warning with its place in the configuration.
type Diagnostic struct {
	// Severity is "error" or "warning".
	Severity string `json:"severity"`
	Summary  string `json:"summary"`
	Detail   string `json:"detail"`
	// Address is the resource's; empty when it is about none.
	Address string `json:"address"`
	// Range is nil when the place is not known. The file is relative to the
	// directory that the plan was made in.
	Range *Range `json:"range"`
}

// Range is a place in a file.
type Range struct {
	Filename string `json:"filename"`
	Start    Pos    `json:"start"`
	End      Pos    `json:"end"`
}

// Pos is a line and a column, both from 1.
type Pos struct {
	Line   int `json:"line"`
	Column int `json:"column"`
}

// HasErrors reports whether any diagnostic is an error.
func (s *Stream) HasErrors() bool {
	for i := range s.Diagnostics {
		if s.Diagnostics[i].Severity == "error" {
			return true
		}
	}
	return false
}

// maxLine is how long a line of the stream may be.
const maxLine = 64 << 20

// ReadStream reads the lines of "terraform plan -json". A stream that has
// neither an error nor the summary was cut off, and an error.
func ReadStream(r io.Reader) (*Stream, error) {
	s := &Stream{}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	number, blank := 0, true
	for lines.Scan() {
		number++
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		blank = false
		if err := s.line(line); err != nil {
			return nil, fmt.Errorf("the diagnostics cannot be read: line %d: %w. %s", number, err, wantStream)
		}
	}
	switch err := lines.Err(); {
	case err != nil:
		return nil, fmt.Errorf("the diagnostics cannot be read: line %d: %w. %s", number+1, err, wantStream)
	case blank:
		return nil, fmt.Errorf("the diagnostics cannot be read: there are none. %s", wantStream)
	case !s.Planned && !s.HasErrors():
		return nil, fmt.Errorf("the diagnostics cannot be read: the plan neither failed nor came to its end; the stream was cut off. %s", wantStream)
	}
	return s, nil
}

const wantStream = `The input must be the standard output of "terraform plan -json" (or "tofu plan -json") alone, without its standard error.`

func (s *Stream) line(line []byte) error {
	var message struct {
		Type       string      `json:"type"`
		Level      string      `json:"@level"`
		Diagnostic *Diagnostic `json:"diagnostic"`
		Changes    *struct {
			Operation string `json:"operation"`
		} `json:"changes"`
	}
	if err := json.Unmarshal(line, &message, jsontext.AllowDuplicateNames(false)); err != nil {
		return err
	}
	switch message.Type {
	case "":
		return errors.New("it has no type")
	case "diagnostic":
		if message.Diagnostic == nil {
			return errors.New("a diagnostic has no content")
		}
		if severity := message.Diagnostic.Severity; severity != "error" && severity != "warning" {
			return fmt.Errorf("a diagnostic has the severity %q and not error or warning", severity)
		}
		s.Diagnostics = append(s.Diagnostics, *message.Diagnostic)
	case "change_summary":
		s.Planned = s.Planned || message.Changes != nil && message.Changes.Operation == "plan"
	}
	return nil
}
