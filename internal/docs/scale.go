package docs

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/scale"
)

// scaleFolder has what "make bench-record" records, and the plots of it.
const scaleFolder = "internal/docs/scale/"

// rawAddress is where the registry finds a file of this repository: it shows
// no picture by a relative path.
const rawAddress = "https://raw.githubusercontent.com/backupfw/terraform-provider-backupfw/main/"

// recorded reads what was recorded below root.
func recorded(root string) (*scale.Record, *scale.Engine, error) {
	folder := filepath.Join(root, filepath.FromSlash(scaleFolder))
	text, err := os.ReadFile(filepath.Join(folder, "fleet.json"))
	if err != nil {
		return nil, nil, err
	}
	record, err := scale.Read(text)
	if err != nil {
		return nil, nil, fmt.Errorf("%sfleet.json: %w", scaleFolder, err)
	}
	if text, err = os.ReadFile(filepath.Join(folder, "engine.txt")); err != nil {
		return nil, nil, err
	}
	engine, err := scale.ReadEngine(bytes.NewReader(text), "Engine/")
	if err != nil {
		return nil, nil, fmt.Errorf("%sengine.txt: %w", scaleFolder, err)
	}
	return record, engine, nil
}

// scaleParts are the parts of the guide to scale.
func scaleParts(root string) []Part {
	part := func(name string, text func(*scale.Record, *scale.Engine) string) Part {
		return Part{Name: name, Text: func() (string, error) {
			record, engine, err := recorded(root)
			if err != nil {
				return "", err
			}
			return text(record, engine), nil
		}}
	}
	tabled := func(name string, of func(*scale.Record) scale.Table) Part {
		return part(name, func(r *scale.Record, _ *scale.Engine) string { return of(r).Markdown() })
	}
	return []Part{
		part("scale conditions", func(r *scale.Record, _ *scale.Engine) string { return r.Conditions() }),
		part("scale processor time", func(r *scale.Record, _ *scale.Engine) string {
			return strings.Join(append([]string{r.CPUTable().Markdown()}, r.Omissions()...), "\n\n")
		}),
		tabled("scale growth", (*scale.Record).GrowthTable),
		tabled("scale time", (*scale.Record).WallTable),
		tabled("scale memory", (*scale.Record).MemoryTable),
		tabled("scale start-up", (*scale.Record).StartTable),
		tabled("scale files", (*scale.Record).FileTable),
		part("scale engine", func(_ *scale.Record, e *scale.Engine) string { return e.Table().Markdown() }),
	}
}

// scalePlots draws what is recorded below root; by path below root.
func scalePlots(root string) (map[string][]byte, error) {
	record, engine, err := recorded(root)
	if err != nil {
		return nil, err
	}
	plots, err := scale.Plots(record, engine)
	if err != nil {
		return nil, err
	}
	byPath := map[string][]byte{}
	for name, picture := range plots {
		byPath[scaleFolder+name] = picture
	}
	return byPath, nil
}
