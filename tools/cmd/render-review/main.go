// Command render-review draws a Markdown comment as GitHub does: as HTML and as
// a picture beside the file, or in the folder of -o. It prints what became of
// the comment as JSON.
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/tools/internal/render"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "render-review:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	var options render.Options
	flag.StringVar(&options.Chromium, "chromium", "", "the browser; else $"+render.ChromiumVariable+", else chromium on PATH")
	flag.StringVar(&options.Mermaid, "mermaid", "", "mermaid.min.js; else $"+render.MermaidVariable)
	flag.IntVar(&options.Width, "width", 1000, "of the picture, in pixels")
	flag.BoolVar(&options.Unfold, "unfold", false, "show what is in closed folds")
	out := flag.String("o", "", "folder for the results; else that of the comment")
	flag.Parse()
	if flag.NArg() != 1 {
		return errors.New("name one Markdown file")
	}
	file := flag.Arg(0)
	comment, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	renderer, err := render.New(ctx, options)
	if err != nil {
		return err
	}
	defer renderer.Close()
	page, err := renderer.Render(comment)
	if err != nil {
		return err
	}
	base := filepath.Join(cmp.Or(*out, filepath.Dir(file)), strings.TrimSuffix(filepath.Base(file), filepath.Ext(file)))
	if err := errors.Join(os.WriteFile(base+".html", page.HTML, 0o644), os.WriteFile(base+".png", page.PNG, 0o644)); err != nil {
		return err
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(page.Facts)
}
