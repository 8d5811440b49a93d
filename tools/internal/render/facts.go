package render

// Facts are what became of a comment. Lists are in the order of the document
// and never null. Texts are what a reader sees, a line break being "\n".
type Facts struct {
	Tables   []Table   `json:"tables"`
	Details  []Details `json:"details"`
	Diagrams []Diagram `json:"diagrams"`
	// Links and Images have all there are, in the pictures too.
	Links  []Link   `json:"links"`
	Images []string `json:"images"` // sources
	// Active are elements that could do something, such as script or iframe,
	// and attributes with a handler as "element.attribute". GitHub keeps none.
	Active []string `json:"active"`
	// Elements counts the elements by name, without those of pictures.
	Elements map[string]int `json:"elements"`
	// RawTags are the HTML tags and comments in the Markdown, as written there,
	// those that GitHub removes included.
	RawTags []string `json:"raw_tags"`
	// Rewrites are texts that GitHub would turn into a mention, a link to an
	// issue, a formula or an emoji. The picture shows them as they are.
	Rewrites []string `json:"rewrites"`
	// Requests are the sorted addresses that the page tried to load.
	Requests []string `json:"requests"`
	Dialogs  []string `json:"dialogs"` // messages
	Errors   []string `json:"errors"`  // in the browser's console
	Text     string   `json:"text"`    // of the whole page, closed folds included, pictures left out
}

// Table is a table. Rows are those below the header; a row has as many cells as
// it was given.
type Table struct {
	Header []string   `json:"header"`
	Rows   [][]string `json:"rows"`
	Within []string   `json:"within"`
}

// Details is a fold. Depth is 0 for one that is in no other.
type Details struct {
	Summary string   `json:"summary"`
	Open    bool     `json:"open"`
	Depth   int      `json:"depth"`
	Within  []string `json:"within"` // summaries of the folds around it, the outermost first
}

// Diagram is a block in the language mermaid. What it has is read from the
// picture of a flowchart; of other kinds only SVG and Error say something.
type Diagram struct {
	Source     string   `json:"source"`
	SVG        bool     `json:"svg"`
	Error      string   `json:"error"` // in place of a picture
	Nodes      []string `json:"nodes"` // labels
	Subgraphs  []string `json:"subgraphs"`
	EdgeLabels []string `json:"edge_labels"` // those that are not empty
	Edges      int      `json:"edges"`
	Within     []string `json:"within"`
}

// Link is a link, with its address as it stands in the page.
type Link struct {
	Href string `json:"href"`
	Text string `json:"text"`
}
