package render

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	emoji "github.com/yuin/goldmark-emoji/definition"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	nethtml "golang.org/x/net/html"
)

// markdown is GitHub's for comments: every line break counts. It lets all HTML
// through, as GitHub's does; what is too much, policy takes out.
var markdown = goldmark.New(
	goldmark.WithExtensions(extension.GFM),
	goldmark.WithRendererOptions(html.WithHardWraps(), html.WithUnsafe()),
)

// policy is what GitHub keeps of HTML. It is not narrower: an image that a
// hostile name smuggles in has to be in the page to be found there.
var policy = func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements(strings.Fields(`h1 h2 h3 h4 h5 h6 br b i strong em pre code tt div ins del sup sub p ol ul
		table thead tbody tfoot blockquote dl dt dd kbd q samp var hr ruby rt rp li tr td th s strike summary
		details caption figure figcaption abbr bdo cite dfn mark small time wbr`)...)
	p.AllowNoAttrs().OnElements("span")
	p.AllowStandardURLs() // http, https, mailto and relative ones
	p.RequireNoFollowOnLinks(false)
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("src", "alt").OnElements("img")
	p.AllowAttrs("open").OnElements("details")
	p.AllowAttrs("start").Matching(bluemonday.Integer).OnElements("ol")
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^language-[\w-]+$`)).OnElements("code")
	p.AllowAttrs("type").Matching(regexp.MustCompile(`^checkbox$`)).OnElements("input")
	p.AllowAttrs("checked", "disabled").OnElements("input")
	p.AllowAttrs("align", "dir", "title", "width", "height", "colspan", "rowspan").Globally()
	return p
}()

// filtered are the tags that GFM turns into text, for what they do to all that
// follows them.
var filtered = regexp.MustCompile(`(?i)<(/?(?:title|textarea|style|xmp|iframe|noembed|noframes|script|plaintext)[\s/>])`)

// toHTML returns the sanitised HTML of a comment and the raw HTML tags that its
// Markdown has, before the sanitiser saw them, in the order of the document.
func toHTML(source []byte) (body string, rawTags []string, err error) {
	document := markdown.Parser().Parse(text.NewReader(source))
	rawTags = []string{}
	err = ast.Walk(document, func(node ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch node := node.(type) {
		case *ast.RawHTML:
			rawTags = append(rawTags, tags(node.Segments.Value(source))...)
		case *ast.HTMLBlock:
			block := node.Lines().Value(source)
			if node.HasClosure() {
				block = slices.Concat(block, node.ClosureLine.Value(source))
			}
			rawTags = append(rawTags, tags(block)...)
		}
		return ast.WalkContinue, nil
	})
	if err != nil {
		return "", nil, err
	}
	var out bytes.Buffer
	if err := markdown.Renderer().Render(&out, source, document); err != nil {
		return "", nil, err
	}
	return policy.Sanitize(filtered.ReplaceAllString(out.String(), "&lt;$1")), rawTags, nil
}

func tags(source []byte) []string {
	var found []string
	for z := nethtml.NewTokenizer(bytes.NewReader(source)); ; {
		switch z.Next() {
		case nethtml.ErrorToken:
			return found
		case nethtml.StartTagToken, nethtml.EndTagToken, nethtml.SelfClosingTagToken, nethtml.CommentToken, nethtml.DoctypeToken:
			found = append(found, string(z.Raw()))
		}
	}
}

var (
	mention   = regexp.MustCompile(`(?:^|\W)(@[0-9A-Za-z][0-9A-Za-z-]*)`)
	issue     = regexp.MustCompile(`(?:^|\W)((?:[\w.-]+/[\w.-]+)?#[0-9]+|(?i:GH-[0-9]+))(?:\W|$)`)
	math      = regexp.MustCompile(`(\$[^$]+\$)`)
	shortcode = regexp.MustCompile(`:[0-9A-Za-z_+-]+:`)
	emojis    = emoji.Github()
)

// rewrites returns the pieces of text of the sanitised HTML that GitHub would
// make something else of: a mention, a link to an issue, a formula, an emoji.
// A backslash in the Markdown does not protect from that, code does. It errs on
// the side of reporting, since only GitHub knows its users and issues.
func rewrites(body string) []string {
	found := []string{}
	protected := 0 // how many elements are open in which GitHub leaves text alone
	for z := nethtml.NewTokenizer(strings.NewReader(body)); ; {
		kind := z.Next()
		switch token := z.Token(); kind {
		case nethtml.ErrorToken:
			return found
		case nethtml.StartTagToken, nethtml.EndTagToken:
			if token.Data == "a" || token.Data == "code" || token.Data == "pre" || token.Data == "tt" {
				if kind == nethtml.StartTagToken {
					protected++
				} else {
					protected--
				}
			}
		case nethtml.TextToken:
			if protected > 0 {
				continue
			}
			for _, pattern := range []*regexp.Regexp{mention, issue, math} {
				for _, match := range pattern.FindAllStringSubmatch(token.Data, -1) {
					found = append(found, match[1])
				}
			}
			// Codes may share a colon: 2001:db8:100:: has ":db8:" and ":100:".
			for rest := token.Data; ; {
				at := shortcode.FindStringIndex(rest)
				if at == nil {
					break
				}
				if code := rest[at[0]:at[1]]; isEmoji(code) {
					found = append(found, code)
				}
				rest = rest[at[1]-1:]
			}
		}
	}
}

func isEmoji(shortcode string) bool {
	_, known := emojis.Get(strings.Trim(shortcode, ":"))
	return known
}
