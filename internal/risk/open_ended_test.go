package risk

import (
	"fmt"
	"slices"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
)

// TestOpenEnded_ExactFindings: the upper bound of an open-ended flow is an
// example. It documents neither the well-known services inside it nor its
// width, and a plain range in it is no surprise.
func TestOpenEnded_ExactFindings(t *testing.T) {
	host := internal("10.1.2.3")
	agent := func(texts ...string) policy.PortRange { return flow("backup_exec", "agent-data", texts...) }
	for _, c := range []struct {
		name string
		open policy.PortRange
		want []string
	}{
		{"a quiet range", agent("29168-29207/tcp"), nil},
		{"the product's own fixed port", agent("10000/tcp"), nil},
		{"Remote Desktop", agent("3389/tcp"), []string{
			"sensitive-service reject 3389/tcp", "undocumented-port warn 3389/tcp"}},
		{"Redis beside a quiet range", agent("6379/tcp", "29168-29207/tcp"), []string{
			"sensitive-service reject 6379/tcp", "undocumented-port warn 6379/tcp"}},
		{"a well-known port below the range", agent("873/tcp"), []string{
			"well-known-port reject 873/tcp", "undocumented-port warn 873/tcp"}},
		{"outside the example", flow("netvault", "range-in", "20036-20040/tcp", "29168-29207/tcp"), []string{
			"undocumented-port warn 29168-29207/tcp"}},
		{"undeclared in the example's range", of("backup_exec", undeclared("x", "29168-29207/tcp")), []string{
			"undocumented-port warn 29168-29207/tcp"}},
		{"Remote Desktop, undeclared", of("backup_exec", undeclared("x", "3389/tcp")), []string{
			"sensitive-service reject 3389/tcp", "undocumented-port warn 3389/tcp"}},
		{"another flow of the product", flow("backup_exec", "agent-control", "29168-29207/tcp"), []string{
			"exploited-listener warn 29168-29207/tcp", "undocumented-port warn 29168-29207/tcp"}},
		{"a documented sensitive port stays documented", flow("nfs_target", "mountd-dynamic", "2049/tcp"), nil},
	} {
		a := assessed(t, in(c.open, host)...)
		var got []string
		for _, f := range a.Findings {
			// Remarks have tests of their own.
			if f.Effect != Info {
				got = append(got, fmt.Sprintf("%s %s %s", f.Code, f.Effect, f.Ports))
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s:\ngot  %q\nwant %q", c.name, got, c.want)
		}
	}
}

// TestOpenEnded_Width_IsJudged: nobody documents the width of an example, nor
// when it is cut into rules.
func TestOpenEnded_Width_IsJudged(t *testing.T) {
	host := internal("10.1.2.3")
	const low, high = "20000-36383/tcp", "36384-36400/tcp"
	for _, c := range []struct {
		name  string
		rules []policy.Rule
		want  Effect
	}{
		{"the whole example", in(flow("backup_exec", "agent-data"), host), Reject},
		{"one port too many", in(flow("backup_exec", "agent-data", low, high), host), Reject},
		{"cut in two", []policy.Rule{ingress("a", flow("backup_exec", "agent-data", low), host), ingress("b", flow("backup_exec", "agent-data", high), host)}, Reject},
		{"up to the limit", in(flow("backup_exec", "agent-data", low), host), Warn},
		{"1024 ports", in(flow("backup_exec", "agent-data", "20000-21023/tcp"), host), ""},
		{"the same width where it is documented", in(flow("veeam", "server-to-hyperv-rpc"), host), ""},
	} {
		effect := Effect("")
		if f := assessed(t, c.rules...).finding(BroadRange); f != nil {
			effect = f.Effect
		}
		if effect != c.want {
			t.Errorf("%s: broad-range %q, want %q", c.name, effect, c.want)
		}
	}
}
