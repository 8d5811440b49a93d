package provider

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/hashicorp/go-cty/cty"
	ctyjson "github.com/hashicorp/go-cty/cty/json"
	ctymsgpack "github.com/hashicorp/go-cty/cty/msgpack"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"

	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
)

// PolicyResource is the type name of the resource that ReadPolicy reads.
const PolicyResource = "backupfw_policy"

// policySchema is the resource's schema, built once.
var policySchema = sync.OnceValue(func() schema.Schema {
	var resp resource.SchemaResponse
	newPolicyResource().Schema(context.Background(), resource.SchemaRequest{}, &resp)
	return resp.Schema
})

// PolicyType is the type that the schema of backupfw_policy implies.
var PolicyType = sync.OnceValue(func() cty.Type {
	text, err := json.Marshal(policySchema().Type().TerraformType(context.Background()))
	if err != nil {
		panic("provider: the type of the policy resource: " + err.Error())
	}
	t, err := ctyjson.UnmarshalType(text)
	if err != nil {
		panic("provider: the type of the policy resource: " + err.Error())
	}
	return t
})

// policyOnWire knows the attributes of backupfw_policy.
var policyOnWire = sync.OnceValue(func() *wireResource { return newWireResource(newPolicyResource()) })

// ReadPolicy reads a policy from a planned value of PolicyType, the way that
// the resource itself reads it: what is unknown is left out and flagged. The
// value goes the way that it would go from Terraform to the provider. An error
// means that the value is not of PolicyType.
func ReadPolicy(v cty.Value) (*policy.Policy, fault.List, error) {
	wire, err := ctymsgpack.Marshal(v, PolicyType())
	if err != nil {
		return nil, nil, err
	}
	o, err := openObject(wire, policyOnWire().shapes)
	switch {
	case err != nil:
		return nil, nil, err
	case o == nil:
		return nil, nil, fmt.Errorf("no policy: %w", errUnusual)
	}
	n := plainNode(o, false)
	p := decodePolicy(n)
	return p, n.reader.faults, o.err
}
