package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
)

const welcome = `
backupfw grades the firewall openings of backup software before they are open.

`

// question compares four ports with forty.
func question(shown outputs) string {
	four, forty := shown.Question.Four, shown.Question.Forty
	return heading("1. Four ports or forty?") +
		"A backup server stands behind the firewall, sixteen clients stand in a DMZ,\n" +
		"and the product negotiates one port per job. Four ports are needed.\n" +
		"Would forty be ten times the risk?\n\n" +
		columns(
			[]string{"", "open", "points", "score"},
			[]string{"four ports", four.Ports, fmt.Sprintf("%.2f", four.Points), fmt.Sprintf("%d of 100", four.Score)},
			[]string{"forty ports", forty.Ports, fmt.Sprintf("%.2f", forty.Points), fmt.Sprintf("%d of 100", forty.Score)},
		) +
		fmt.Sprintf("\nNo: %.2f times the points. One program listens, whichever port it picks,\n", forty.Points/four.Points) +
		"and the same sixteen hosts can reach it. The score hardly moves.\n"
}

// acceptedPolicy shows the policy that was applied, and its rules.
func acceptedPolicy(shown outputs) string {
	a := shown.Accepted
	text := heading("2. A policy that is accepted") +
		"The clients may reach the forty ports, and the server may reach one port of the\nclients.\n\n" +
		fmt.Sprintf("Score %d of 100, verdict %q. The points, service by service:\n\n", a.Score, a.Verdict)
	rows := [][]string{{"service", "direction", "ports", "hosts", "points"}}
	sum := 0.0
	for _, c := range a.Contributions {
		sum += c.Points
		rows = append(rows, []string{c.Service, c.Direction, strings.Join(c.Ports, ", "), fmt.Sprintf("%.0f", c.Hosts), fmt.Sprintf("%.2f", c.Points)})
	}
	rows = append(rows, []string{"sum", "", "", "", fmt.Sprintf("%.2f", sum)})
	text += columns(rows...)
	if len(a.Findings) == 0 {
		text += "\nFindings: none.\n"
	} else {
		text += "\nFindings:\n"
		for _, f := range a.Findings {
			text += fmt.Sprintf("  %s (%s): %s\n", f.Code, f.Effect, f.Message)
		}
	}
	rows = [][]string{{"direction", "protocol", "ports", "peer", "description"}}
	rows = append(rows, rulesOf("ingress", shown.AWSRules.Ingress)...)
	rows = append(rows, rulesOf("egress", shown.AWSRules.Egress)...)
	return text + "\nCompiled to the rules of an AWS security group, ready for for_each:\n\n" + columns(rows...)
}

func rulesOf(direction string, rules map[string]rule) [][]string {
	var rows [][]string
	for _, key := range slices.Sorted(maps.Keys(rules)) {
		r := rules[key]
		ports := fmt.Sprint(r.FromPort)
		if r.ToPort != r.FromPort {
			ports = fmt.Sprintf("%d-%d", r.FromPort, r.ToPort)
		}
		rows = append(rows, []string{direction, r.Protocol, ports, r.CIDRv4 + r.CIDRv6, r.Description})
	}
	return rows
}

// rejectedPolicy shows what Terraform printed.
func rejectedPolicy(message string) string {
	return heading("3. A policy that is rejected") +
		"Forty ports for the same clients again, but well-known ones: 100 to 139. Now many\n" +
		"services can be reached, and the plan fails. This is what Terraform prints:\n\n" +
		indent(message) +
		"\nNothing was opened: a policy that is rejected has no rules.\n\n"
}

// checkShown fails when the numbers do not say what the text around them says.
func checkShown(shown outputs) error {
	var wrong []error
	four, forty := shown.Question.Four, shown.Question.Forty
	if four.Points <= 0 || forty.Points < four.Points || forty.Points > 1.25*four.Points {
		wrong = append(wrong, fmt.Errorf("forty ports have %.2f points and four have %.2f; at most a quarter more was expected", forty.Points, four.Points))
	}
	if shown.Accepted.Verdict != "accept" {
		wrong = append(wrong, fmt.Errorf("the verdict of the accepted policy is %q", shown.Accepted.Verdict))
	}
	if len(shown.AWSRules.Ingress) == 0 || len(shown.AWSRules.Egress) == 0 {
		wrong = append(wrong, errors.New("the accepted policy was not compiled to rules of both directions"))
	}
	return errors.Join(wrong...)
}

// checkMessage fails when the plan failed for another reason than its policy.
func checkMessage(message string) error {
	for _, want := range []string{"Policy rejected: well-known-port", "100-139/tcp"} {
		if !strings.Contains(message, want) {
			return fmt.Errorf("the plan failed without %q in its message", want)
		}
	}
	return nil
}

func heading(text string) string {
	return "\n" + text + "\n" + strings.Repeat("-", len(text)) + "\n\n"
}

// columns aligns rows; the first row is the head.
func columns(rows ...[]string) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		_, _ = fmt.Fprintln(w, "  "+strings.Join(row, "\t")) // a builder takes everything
	}
	_ = w.Flush()
	var trimmed strings.Builder
	for line := range strings.Lines(b.String()) {
		trimmed.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	return trimmed.String()
}

func indent(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(strings.TrimRight("  "+line, " \n") + "\n")
	}
	return b.String()
}
