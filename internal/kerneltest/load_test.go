//go:build integration && linux

package kerneltest

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/backupfw/terraform-provider-backupfw/internal/compile/compiletest"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
)

func TestKernel_LoadingTwiceReplaces(t *testing.T) {
	require(t)
	n := newNetwork(t)
	listed := func() string {
		t.Helper()
		text, err := n.host.run("", "nft", "list", "ruleset")
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	const others = "table inet filter {\n\tchain input {\n\t\ttype filter hook input priority filter; policy accept;\n\t}\n}\n"
	n.load(t, others)
	before := listed()
	text := ruleset(t, compiletest.MustParse(everything), closed)
	n.load(t, text)
	once := listed()
	if once == before || !strings.Contains(once, "ingress_ipv6_ports") {
		t.Fatalf("nothing was loaded:\n%s", once)
	}
	n.load(t, text)
	if twice := listed(); twice != once {
		t.Errorf("loading twice gives\n%s\nand once gave\n%s", twice, once)
	}
	// The same table, from a policy that has lost its rules.
	n.load(t, ruleset(t, &policy.Policy{Name: "everything"}, closed))
	if after := listed(); after != before+"table inet backupfw-everything {\n}\n" {
		t.Errorf("rules stay, or the host's own table has changed:\n%s", after)
	}
}

// TestKernel_NftTakesWhatIsEmitted loads generated policies and the realistic
// ones, in which elements must not overlap.
func TestKernel_NftTakesWhatIsEmitted(t *testing.T) {
	require(t)
	host := newNamespace(t, "host")
	check := func(name, text string, arguments ...string) {
		t.Helper()
		if _, err := host.run(text, "nft", append(arguments, "-f", "-")...); err != nil {
			t.Errorf("%s: %v\n%s", name, err, text)
		}
	}
	for seed := range 300 {
		p := compiletest.Policies(compiletest.Options{}).Example(seed)
		check(fmt.Sprint("policy ", seed), ruleset(t, p, map[string]any{"default_drop": seed%2 == 0}), "-c")
	}
	for _, site := range compiletest.Sites() {
		references := false
		for i := range site.Policy.Rules {
			references = references || len(site.Policy.Rules[i].References()) > 0
		}
		if !references {
			check(site.Name, ruleset(t, site.Policy, closed))
		}
	}
}

// TestKernel_NftTakesEveryName: names that the emitter takes are names to nft,
// as long and as odd as they may be.
func TestKernel_NftTakesEveryName(t *testing.T) {
	require(t)
	host := newNamespace(t, "host")
	long := strings.Repeat("x", 63)
	for _, name := range []string{"counter", "filter", "0", "9--", "tcp", "a_-", long} {
		for _, arguments := range []map[string]any{nil, {"table": "backupfw-" + name[:min(len(name), 22)]}} {
			p := compiletest.MustParse("policy " + name + "\ningress " + name + " 1-2/tcp icmp from 10.0.0.0/8\negress " + long[1:] + "y any to ::/0")
			if _, err := host.run(ruleset(t, p, arguments), "nft", "-f", "-"); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	// What the emitter refuses, nft does not take for a name either.
	for _, word := range []string{"auto-merge", "gc-interval"} {
		if _, err := host.run("table inet "+word+" {\n}\n", "nft", "-c", "-f", "-"); err == nil {
			t.Errorf("nft takes %s for a table's name", word)
		}
	}
}

// TestKernel_NeighboursAreFound: IPv6 works when both directions are closed and
// neither end knows the other's link address.
func TestKernel_NeighboursAreFound(t *testing.T) {
	require(t)
	n := newNetwork(t)
	p := compiletest.MustParse("policy p\ningress a 22/tcp from 2001:db8::1\negress b 22/tcp to 2001:db8::1")
	n.load(t, ruleset(t, p, closed))
	peer := netip.MustParseAddr("2001:db8::1")
	for _, from := range []*namespace{n.host, n.peer} {
		n.forgetNeighbours(t)
		dialled := &probe{from: peer, to: host6, protocol: unix.IPPROTO_TCP, port: 22}
		if from == n.host {
			dialled.from, dialled.to = dialled.to, dialled.from
		}
		if err := from.dial([]*probe{dialled}, 5*time.Second); err != nil {
			t.Fatal(err)
		}
		if !dialled.passed {
			t.Errorf("%v does not pass", dialled)
		}
	}
}
