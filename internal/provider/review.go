package provider

import (
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/function"

	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/report"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// reviewDoc is what the data source and the function have in common.
const reviewDoc = "Writes the report that a reviewer reads: a table of the policies with score and verdict, findings, what the score is made of, what would help, waivers with the days left, and a picture of who reaches what. " +
	"It is the report that the command `review` of the provider's binary writes of a plan; see [Review in pull requests](../guides/review.md). It rejects nothing; look at `verdict`."

func reviewOptions() []shape {
	return []shape{
		text("title", "Headline of the report. Default `"+defaultReviewTitle+"`."),
		integer("max_length", fmt.Sprintf("Characters that the Markdown may have, at least %d. What does not fit is counted at its end. Default %d, which is what a comment on GitHub may have.", report.MinLimit, report.CommentLimit)),
	}
}

const defaultReviewTitle = "Firewall review"

func reviewFields() []shape {
	return []shape{
		text("verdict", "The worst verdict of all policies: `accept`, `accept_with_waivers` or `reject`."),
		integer("score", "The highest score of all policies, 0 to 100; null without policies."),
		text("markdown", "The report as a comment for GitHub or GitLab, with folds and Mermaid pictures."),
		text("json", "The whole report as JSON, of the form `"+report.Format+"`."),
	}
}

// newReviewDataSource is backupfw_review.
func newReviewDataSource() datasource.DataSource {
	return &computedDataSource{
		name: "review",
		doc:  reviewDoc + "\n\nPass the policies through a local: Terraform reads a data source that refers directly to a resource with pending changes only during apply.",
		required: []shape{listOf("policies", "`backupfw_policy` resources, passed through a local, or objects like them, in any order.",
			policyFields()...)},
		optional: reviewOptions(),
		computed: reviewFields(),
		check:    func(n node) { decodeReviewOptions(n) },
		judge: func(n node, s settings, diags *diag.Diagnostics) record {
			values, faults := review(n.attribute("policies"), n, s)
			addFaults(diags, faults)
			return values
		},
	}
}

// newReviewFunction is review, the twin of data.backupfw_review.
func newReviewFunction() function.Function {
	return &pureFunction{
		name:    "review",
		summary: "Writes a report about policies",
		doc: reviewDoc + "\n\nThe result is that of the data source `backupfw_review`. " +
			"Call it in a local: an expression inside `for_each` is evaluated once for every instance.",
		parameters: []shape{anything("policies", "A list of `backupfw_policy` resources, or objects like them. Attributes that a policy does not have are refused.")},
		settings:   slices.Concat(namesOf(settingsFields()), []string{"today"}, namesOf(reviewOptions())),
		settingsDoc: "`today` is the day in UTC by which waivers are judged, for example `formatdate(\"YYYY-MM-DD\", plantimestamp())`; " +
			"a policy with waivers needs it.",
		result: objectOf("", "", reviewFields()...),
		compute: func(arguments []node) any {
			given := arguments[1]
			s := decodeFunctionSettings(given)
			decodeReviewOptions(given)
			if len(given.reader.faults) > 0 {
				return nil
			}
			values, faults := review(arguments[0], given, s)
			arguments[0].reader.faults = faults
			return values
		},
	}
}

// review judges the policies and writes the report, or returns everything that
// is wrong with them.
func review(policies, options node, s settings) (record, fault.List) {
	if policies.isNull() {
		policies.missing("Without policies there is nothing to review.", "Write a list of policies; [] is an empty review.")
	}
	o := decodeReviewOptions(options)
	r := &report.Report{Title: o.title}
	for _, element := range policies.elements() {
		element.reader = &reader{strict: policies.reader.strict}
		p := decodePolicy(element)
		faults := element.reader.faults
		var a *risk.Assessment
		if len(faults) == 0 {
			a, faults = risk.Assess(p, s.risk)
			for i, f := range faults {
				faults[i] = f.At(element.path...)
			}
		}
		policies.reader.faults = append(policies.reader.faults, faults...)
		if len(faults) == 0 {
			r.Subjects = append(r.Subjects, report.Judged(p, a, s.risk.Today))
		}
	}
	if len(policies.reader.faults) > 0 {
		return nil, policies.reader.faults
	}
	r.Finish()
	text, err := report.JSON(r)
	if err != nil {
		panic("provider: a report that is no JSON: " + err.Error())
	}
	values := record{"verdict": string(r.Verdict), "markdown": report.Markdown(r, o.maxLength), "json": string(text)}
	if r.Score >= 0 {
		values["score"] = r.Score
	}
	return values, nil
}

type reviewSettings struct {
	title     string
	maxLength int
}

func decodeReviewOptions(n node) reviewSettings {
	o := reviewSettings{title: defaultReviewTitle, maxLength: report.CommentLimit}
	if title, given := n.attribute("title").text(); given {
		o.title = title
	}
	a := n.attribute("max_length")
	if length, given := a.integer(); given {
		if length < report.MinLimit || length > maxReviewLength {
			a.fault(fault.New("Length out of range",
				fmt.Sprintf("max_length = %d is not a length of a report.", length),
				"A shorter report has no room for the verdict and for what was left out.",
				fmt.Sprintf("Write a whole number from %d to %d; GitHub takes %d characters, GitLab 1000000.", report.MinLimit, maxReviewLength, report.CommentLimit)))
			return o
		}
		o.maxLength = int(length)
	}
	return o
}

// maxReviewLength is more than any forge takes.
const maxReviewLength = 10_000_000
