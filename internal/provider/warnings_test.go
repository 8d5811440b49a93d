package provider_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// TestResources_Plan_SeveralWarnings_AreOne holds the rule that a resource
// gathers what it has to say: Terraform folds further warnings away.
func TestResources_Plan_SeveralWarnings_AreOne(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	for _, c := range []struct {
		resource string
		config   obj
		want     string
	}{
		{"peer_group", obj{"name": "clients", "cidrs": seq{"198.51.100.16/28"}, "except": seq{"198.51.100.40/32", "198.51.100.41/32"}},
			`except[0]: Peer group "clients": 2 warnings. ` +
				`- except[0]: Exclusion of nothing: except names "198.51.100.40/32", and no address of it is in cidrs. The exclusion changes nothing; it may be a typing error in one of the two. Correct it, or remove it.` + "\n" +
				`- except[1]: Exclusion of nothing: except names "198.51.100.41/32", and no address of it is in cidrs. The exclusion changes nothing; it may be a typing error in one of the two. Correct it, or remove it.`},
		{"port_range", obj{"name": "web", "product": "netbackup", "flows": seq{"web-ui"}},
			"product: Unverified flows. What the catalogue says of NetBackup is of low confidence: web-ui (443/tcp). " +
				"Nobody has read these ports in the vendor's documentation; they may be wrong, or not enough. Compare them with the documentation of your release before you open them."},
		{"port_range", obj{"name": "agents", "product": "veeam", "from_role": "agent", "to_role": "backup_server", "ports": seq{"10005/tcp"}},
			"ports: Required flows left out. from_role and to_role select flows of which ports opens nothing: agent-linux-to-server (10006/tcp). " +
				"The catalogue says that the two roles cannot do without them. Add their ports, or name the flows in use with flows."},
	} {
		if got := s.plan(t, c.resource, tftypes.Value{}, c.config).warnings(); len(got) != 1 || got[0] != c.want {
			t.Errorf("%s\ngot  %q\nwant %q", c.config["name"], got, c.want)
		}
	}
}
