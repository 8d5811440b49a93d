// Package render draws a Markdown comment as GitHub does, pictures by Mermaid
// included, in a headless Chromium, and says what has become of it: so that
// tests see what a reviewer sees, and what a hostile name could do to it.
package render

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// The environment variables that stand in for empty Options.
const (
	ChromiumVariable = "CHROMIUM"
	MermaidVariable  = "MERMAID_JS"
)

// limit bounds the time of one page. A page takes less than a second; a busy
// machine much longer.
const limit = time.Minute

// Options says what to draw with.
type Options struct {
	Chromium string // program; else $CHROMIUM, else what PATH has
	Mermaid  string // mermaid.min.js of the npm package; else $MERMAID_JS
	Width    int    // of the picture in pixels; 0 is 1000
	Unfold   bool   // show what is in closed folds, in the picture alone
}

// Page is a drawn comment.
type Page struct {
	HTML  []byte // draws itself in any browser on this machine
	PNG   []byte // the whole page, however long
	Facts Facts
}

// Renderer is a running browser. It draws pages, also several at a time.
type Renderer struct {
	options Options
	mermaid string // URL
	browser context.Context
	cancel  context.CancelFunc
}

// New starts the browser, which runs until Close or the end of the context.
// It reaches no network: every host name is unknown to it.
func New(ctx context.Context, options Options) (*Renderer, error) {
	chromium, err := findChromium(options.Chromium)
	mermaid, mermaidErr := findMermaid(options.Mermaid)
	if err := errors.Join(err, mermaidErr); err != nil {
		return nil, err
	}
	if options.Width == 0 {
		options.Width = 1000
	}
	flags := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium),
		chromedp.DisableGPU,
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND"),
	)
	if os.Geteuid() == 0 {
		flags = append(flags, chromedp.NoSandbox) // Chromium refuses to run as root otherwise
	}
	allocator, stop := chromedp.NewExecAllocator(ctx, flags...)
	browser, closeBrowser := chromedp.NewContext(allocator)
	r := &Renderer{options: options, mermaid: fileURL(mermaid), browser: browser, cancel: func() { closeBrowser(); stop() }}
	if err := chromedp.Do(browser); err != nil {
		r.Close()
		return nil, fmt.Errorf("%s does not start: %w", chromium, err)
	}
	return r, nil
}

// Close ends the browser.
func (r *Renderer) Close() { r.cancel() }

// Render draws a comment.
func (r *Renderer) Render(markdown []byte) (*Page, error) {
	body, rawTags, err := toHTML(markdown)
	if err != nil {
		return nil, err
	}
	var html bytes.Buffer
	if err := pageTemplate.Execute(&html, map[string]any{
		"Body":    template.HTML(body), // sanitised
		"Mermaid": template.URL(r.mermaid),
	}); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "render-review-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "comment.html")
	if err := os.WriteFile(file, html.Bytes(), 0o600); err != nil {
		return nil, err
	}
	p := &Page{HTML: html.Bytes()}
	if err := r.visit(fileURL(file), p); err != nil {
		return nil, fmt.Errorf("drawing the comment: %w", err)
	}
	p.Facts.RawTags, p.Facts.Rewrites = rawTags, rewrites(body)
	return p, nil
}

// visit opens the page in a tab of its own and fills in picture and facts.
func (r *Renderer) visit(address string, p *Page) error {
	tab, closeTab := chromedp.NewContext(r.browser)
	defer closeTab()
	if err := chromedp.Do(tab); err != nil { // opens the tab, for longer than the limit below
		return err
	}
	ctx, cancel := context.WithTimeout(tab, limit)
	defer cancel()
	seen := events{requests: []string{}, dialogs: []string{}, errors: []string{}}
	if err := chromedp.Listen(tab, func(event any) { seen.add(tab, event) }); err != nil {
		return err
	}
	if err := chromedp.Do(ctx,
		chromedp.EmulateViewport(int64(r.options.Width), 800),
		chromedp.Navigate(address),
	); err != nil {
		return err
	}
	facts, err := chromedp.Run(ctx, chromedp.Evaluate[Facts]("review", chromedp.EvalAwaitPromise))
	if err != nil {
		return err
	}
	p.Facts = facts
	if r.options.Unfold {
		if err := chromedp.Do(ctx, chromedp.Evaluate[chromedp.Void]("unfold()")); err != nil {
			return err
		}
	}
	// A screenshot ends with the window, so the window becomes as long as the page.
	height, err := chromedp.Run(ctx, chromedp.Evaluate[int64]("document.documentElement.scrollHeight"))
	if err != nil {
		return err
	}
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(int64(r.options.Width), height)); err != nil {
		return err
	}
	if p.PNG, err = chromedp.Run(ctx, chromedp.CaptureScreenshot()); err != nil {
		return err
	}
	seen.Lock()
	defer seen.Unlock()
	slices.Sort(seen.requests)
	p.Facts.Requests = slices.DeleteFunc(slices.Compact(seen.requests), func(u string) bool { return u == address || u == r.mermaid })
	p.Facts.Dialogs, p.Facts.Errors = seen.dialogs, seen.errors
	return nil
}

// events are what a page did besides showing itself.
type events struct {
	sync.Mutex
	requests, dialogs, errors []string
}

func (e *events) add(tab context.Context, event any) {
	e.Lock()
	defer e.Unlock()
	switch event := event.(type) {
	case *network.EventRequestWillBeSent:
		e.requests = append(e.requests, event.Request.URL)
	case *page.EventJavascriptDialogOpening:
		e.dialogs = append(e.dialogs, event.Message)
		// The page stands still until the dialog is answered, and so would the
		// reader of events if it waited for that.
		go chromedp.Call(tab, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: false}) //nolint:errcheck // the tab may be gone
	case *runtime.EventExceptionThrown:
		message := event.ExceptionDetails.Text
		if thrown := event.ExceptionDetails.Exception; thrown != nil {
			message += " " + thrown.Description
		}
		e.errors = append(e.errors, message)
	case *runtime.EventConsoleAPICalled:
		if event.Type != runtime.ConsoleAPICalledTypeError {
			return
		}
		var message bytes.Buffer
		for _, argument := range event.Args {
			fmt.Fprintf(&message, "%s%s ", argument.Value, argument.Description)
		}
		e.errors = append(e.errors, message.String())
	}
}

func findChromium(named string) (string, error) {
	if named == "" {
		named = os.Getenv(ChromiumVariable)
	}
	candidates := []string{named}
	if named == "" {
		candidates = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}
	}
	for _, name := range candidates {
		if found, err := exec.LookPath(name); err == nil {
			return found, nil
		}
	}
	return "", fmt.Errorf("no browser: %q is not a program. Get Chromium with \"apt-get install chromium\", or name it in %s", candidates, ChromiumVariable)
}

func findMermaid(named string) (string, error) {
	if named == "" {
		named = os.Getenv(MermaidVariable)
	}
	if info, err := os.Stat(named); err != nil || info.IsDir() {
		return "", fmt.Errorf("no Mermaid: %q is not a file. Name dist/mermaid.min.js of the npm package mermaid in %s; \"make render-test\" says how to get it", named, MermaidVariable)
	}
	return filepath.Abs(named)
}

func fileURL(path string) string {
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(path)}).String()
}

//go:embed page.html
var pageSource string

var pageTemplate = template.Must(template.New("page").Parse(pageSource))
