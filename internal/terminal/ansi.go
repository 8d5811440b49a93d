package terminal

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Style is how characters look.
type Style struct {
	Bold, Underline bool
	// Color is the code of a foreground, 30-37 or 90-97; 0 is the terminal's own.
	Color int
}

// Run is characters of one style, at least one.
type Run struct {
	Text  string
	Style Style
}

// The terminal's own colour, and what it is where it is bold.
const plain, plainBold = "#d6dde5", "#ffffff"

// palette has the colours of the codes 30 to 37, each readable on the ground,
// black among them. 90 to 97 are the same, but for the grey of 90.
var palette = [8]string{"#8b949e", "#ff7b72", "#56d364", "#e3b341", "#79c0ff", "#d2a8ff", "#56d4dd", "#ffffff"}

func (s Style) colour() string {
	switch {
	case s.Color != 0:
		return palette[s.Color%10]
	case s.Bold:
		return plainBold
	}
	return plain
}

// sgr is a sequence that says how the characters behind it look.
var sgr = regexp.MustCompile(`\x1b\[([0-9;]*)m`)

// ReadText reads a text with the codes for bold (1, 22), underlined (4, 24) and
// foregrounds (30-37, 90-97, 39), which 0 ends. One element is one line; a line
// feed at the end begins none. Neighbours of one style are one run. It fails
// with all other codes and with all characters that have no picture, and names
// their lines: to draw the text without them would not be what was printed.
func ReadText(text string) ([][]Run, error) {
	text = strings.TrimSuffix(text, "\n")
	if text == "" {
		return nil, nil
	}
	var lines [][]Run
	var faults []error
	var style Style // holds beyond the end of a line
	for i, line := range strings.Split(text, "\n") {
		runs, after, err := readLine(line, style)
		if err != nil {
			faults = append(faults, fmt.Errorf("line %d: %w", i+1, err))
		}
		lines, style = append(lines, runs), after
	}
	return lines, errors.Join(faults...)
}

func readLine(line string, style Style) (runs []Run, after Style, err error) {
	for line != "" {
		at := sgr.FindStringSubmatchIndex(line)
		characters := line
		if at != nil {
			characters = line[:at[0]]
		}
		if err := drawable(characters); err != nil {
			return nil, style, err
		}
		switch last := len(runs) - 1; {
		case characters == "":
		case last >= 0 && runs[last].Style == style:
			runs[last].Text += characters
		default:
			runs = append(runs, Run{characters, style})
		}
		if at == nil {
			break
		}
		if style, err = style.with(line[at[2]:at[3]]); err != nil {
			return nil, style, err
		}
		line = line[at[1]:]
	}
	return runs, style, nil
}

// with is the style after the codes of one sequence.
func (s Style) with(codes string) (Style, error) {
	for text := range strings.SplitSeq(codes, ";") {
		code, err := strconv.Atoi(text)
		switch {
		case text == "" || err == nil && code == 0:
			s = Style{}
		case err == nil && code == 1:
			s.Bold = true
		case err == nil && code == 22:
			s.Bold = false
		case err == nil && code == 4:
			s.Underline = true
		case err == nil && code == 24:
			s.Underline = false
		case err == nil && (code >= 30 && code <= 37 || code >= 90 && code <= 97):
			s.Color = code
		case err == nil && code == 39:
			s.Color = 0
		default:
			return s, fmt.Errorf("code %s of \"ESC[%sm\" is none that is drawn: 0, 1, 4, 22, 24, 30-37, 39, 90-97", text, codes)
		}
	}
	return s, nil
}

// drawable refuses what has no picture of its own, or would move others.
func drawable(text string) error {
	for i, r := range text {
		if _, size := utf8.DecodeRuneInString(text[i:]); r == utf8.RuneError && size == 1 {
			return fmt.Errorf("byte %#02x is not UTF-8", text[i])
		}
		if !unicode.IsGraphic(r) {
			return fmt.Errorf("%+q has no picture: only characters that are seen, spaces and line feeds are drawn", r)
		}
	}
	return nil
}
