// Package review is the command that reviews a plan: it reads the plan's JSON
// and the diagnostics of a plan that was rejected, and writes one report in the
// form that a pull request, a code-scanning tab or a pipeline shows.
package review

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/report"
	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// The exit statuses.
const (
	Accepted   = 0
	Refused    = 1
	Unreadable = 2
)

// Process is what the command has of the outside world.
type Process struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// Now is the clock for plans that do not say when they were made.
	Now     func() time.Time
	Version string
}

// options are the command line.
type options struct {
	plan, diagnostics string // paths, "-" is standard input, "" is none
	format            string
	output            string
	failOn            string
	maxScore          int // -1 for none
	compare           bool
	acceptUnknown     bool
	unchanged         bool
	cloudRules        string
	config            string
	title             string
	maxLength         int
}

// The words of -cloud-rules.
const (
	allCloudRules     = "all"
	ingressCloudRules = "ingress"
	noCloudRules      = "none"
)

// The words of -fail-on.
const (
	failOnReject = "reject"
	failOnWarn   = "warn"
	failOnNever  = "never"
)

const usage = `Usage: terraform-provider-backupfw review [options] [PLAN.json]

Reviews a plan: the backupfw policies in it, and the firewall rules that it
writes by hand with the resources of AWS, Azure and Google.

  terraform plan -json -out=tfplan > plan.jsonl
  terraform show -json tfplan > plan.json
  terraform-provider-backupfw review -diagnostics plan.jsonl plan.json

PLAN.json is the output of "terraform show -json" or "tofu show -json"; - reads
it from standard input. A rejected plan may leave no plan file: review the
output of "terraform plan -json" alone with -diagnostics.

Exit status: 0 accepted, 1 not accepted, 2 the input cannot be read.

Options:
`

// Run is the command. args are the arguments after "review". It returns the
// exit status.
func Run(args []string, p Process) int {
	o, err := parse(args, p.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return Accepted
	}
	if err != nil {
		p.say(report.Plain(err.Error()))
		return Unreadable
	}
	// A large plan is read once and most of it thrown away: memory matters more
	// than the collector's time.
	defer debug.SetGCPercent(debug.SetGCPercent(20))
	r, err := build(o, p)
	if err != nil {
		p.say(report.Plain(err.Error()))
		return Unreadable
	}
	if err := write(r, o, p); err != nil {
		p.say(report.Plain(err.Error()))
		return Unreadable
	}
	if reasons := refusals(r, o); len(reasons) > 0 {
		for _, reason := range reasons {
			p.say(report.Line(reason))
		}
		return Refused
	}
	return Accepted
}

// say writes a line for the reader of the log. When that fails there is no place
// left to say so, and the exit status still counts.
func (p *Process) say(what string) {
	_, _ = fmt.Fprintf(p.Stderr, "review: %s\n", what)
}

// flags are the options of the command line, with their default values.
func (o *options) flags() *flag.FlagSet {
	flags := flag.NewFlagSet("review", flag.ContinueOnError)
	flags.StringVar(&o.diagnostics, "diagnostics", "", "`file` with the output of \"terraform plan -json\"; - is standard input")
	flags.StringVar(&o.format, "format", "markdown", "`form` of the report: "+strings.Join(formatNames(), ", "))
	flags.StringVar(&o.output, "o", "", "`file` to write to, in place of standard output")
	flags.StringVar(&o.failOn, "fail-on", failOnReject, "exit with 1 on `what`: reject, warn (also findings that only warn) or never")
	flags.IntVar(&o.maxScore, "max-score", -1, "`score` above which a policy or a group of hand-written rules is rejected, 0 to 100; hand-written rules are held to the provider's limit without it")
	flags.BoolVar(&o.compare, "compare", false, "compare with the state before the plan: scores, findings, openings, compiled rules")
	flags.BoolVar(&o.acceptUnknown, "accept-unknown", false, "do not exit with 1 because some values are known only after apply; the provider judges its policies again in apply, hand-written rules nobody does")
	flags.BoolVar(&o.unchanged, "unchanged", false, "judge hand-written rules that the plan leaves alone as well")
	flags.StringVar(&o.cloudRules, "cloud-rules", allCloudRules, "`which` hand-written rules to judge: all, ingress (many groups let everything out) or none; the report counts the others")
	flags.StringVar(&o.config, "config", ".", "`directory` of the configuration that was planned, relative to the root of the repository; files are reported below it")
	flags.StringVar(&o.title, "title", "Firewall review", "`headline` of the report; comments with different headlines are different comments")
	flags.IntVar(&o.maxLength, "max-length", report.CommentLimit, fmt.Sprintf("`characters` that the Markdown may have, at least %d", report.MinLimit))
	return flags
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := o.flags()
	flags.SetOutput(stderr)
	flags.Usage = func() {
		_, _ = io.WriteString(stderr, usage) // as say
		flags.PrintDefaults()
	}
	var positional []string
	for {
		// A flag may also stand after the file.
		if err := flags.Parse(args); err != nil {
			return o, err
		}
		if flags.NArg() == 0 {
			break
		}
		positional = append(positional, flags.Arg(0))
		args = flags.Args()[1:]
	}
	if len(positional) > 1 {
		return o, fmt.Errorf("there are %d files (%s), and one plan is reviewed at a time", len(positional), strings.Join(positional, ", "))
	}
	if len(positional) == 1 {
		o.plan = positional[0]
	}
	return o, o.check(flags)
}

func (o *options) check(flags *flag.FlagSet) error {
	given := false
	flags.Visit(func(f *flag.Flag) { given = given || f.Name == "max-score" })
	switch {
	case o.plan == "" && o.diagnostics == "":
		return errors.New(`there is nothing to review. Give the JSON of a plan, or -diagnostics; "review -h" shows how`)
	case o.plan == "-" && o.diagnostics == "-":
		return errors.New("the plan and the diagnostics cannot both come from standard input. Write one of them to a file")
	case formatNamed(o.format) == nil:
		return fmt.Errorf("-format %s is not a form of the report. Use one of %s", policy.Quote(o.format), strings.Join(formatNames(), ", "))
	case o.failOn != failOnReject && o.failOn != failOnWarn && o.failOn != failOnNever:
		return fmt.Errorf("-fail-on %s is not known. Use reject, warn or never", policy.Quote(o.failOn))
	case o.cloudRules != allCloudRules && o.cloudRules != ingressCloudRules && o.cloudRules != noCloudRules:
		return fmt.Errorf("-cloud-rules %s is not known. Use all, ingress or none", policy.Quote(o.cloudRules))
	case given && (o.maxScore < 0 || o.maxScore > 100):
		return fmt.Errorf("-max-score %d is not a score. Use a whole number from 0 to 100", o.maxScore)
	case o.maxLength < report.MinLimit:
		return fmt.Errorf("-max-length %d leaves no room for the verdict. Use %d or more", o.maxLength, report.MinLimit)
	}
	return nil
}

// open opens a file, or standard input.
func (p *Process) open(name string) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(p.Stdin), nil
	}
	return os.Open(name)
}

// refusals says why the review does not accept the plan; nothing means that it
// does.
func refusals(r *report.Report, o options) []string {
	if o.failOn == failOnNever {
		return nil
	}
	var reasons []string
	if n := len(r.Failures); n > 0 {
		reasons = append(reasons, fmt.Sprintf("the plan failed: %s", r.Failures[0].Summary))
	}
	for i := range r.Subjects {
		s := &r.Subjects[i]
		name := s.Name
		if s.Address != "" {
			name = s.Address
		}
		codes := codesOf(s, o.failOn)
		switch {
		case s.Verdict == risk.Rejected:
			reasons = append(reasons, fmt.Sprintf("%s is rejected%s", name, codes))
		case s.Verdict == risk.Unknown && !o.acceptUnknown:
			reasons = append(reasons, fmt.Sprintf("%s cannot be judged yet: some values are known only after apply", name))
		case codes != "":
			reasons = append(reasons, fmt.Sprintf("%s has findings%s", name, codes))
		}
	}
	return reasons
}

// codesOf lists the findings that count, in parentheses.
func codesOf(s *report.Subject, failOn string) string {
	var codes []string
	seen := map[risk.Code]bool{}
	for i := range s.Findings {
		f := &s.Findings[i]
		counts := f.Effect == risk.Reject && s.Verdict == risk.Rejected || f.Effect == risk.Warn && failOn == failOnWarn
		if counts && !seen[f.Code] {
			seen[f.Code] = true
			codes = append(codes, string(f.Code))
		}
	}
	if len(codes) == 0 {
		return ""
	}
	return " (" + strings.Join(codes, ", ") + ")"
}

func write(r *report.Report, o options, p Process) error {
	content, err := formatNamed(o.format).write(r, o, p.Version)
	if err != nil {
		return fmt.Errorf("the report cannot be written as %s: %w", o.format, err)
	}
	if o.output == "" {
		_, err = p.Stdout.Write(content)
		return err
	}
	return os.WriteFile(o.output, content, 0o644)
}
