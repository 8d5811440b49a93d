package provider

import (
	"bytes"
	"context"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/vmihailenco/msgpack/v5/msgpcode"
)

// server answers what Terraform asks of resources and data sources itself, and
// leaves everything else to the framework's server: schemas, settings, functions,
// and whatever is not as Terraform usually sends it.
//
// The framework takes every value apart several times per call and looks up the
// schema for each part, which costs many times what judging a policy costs, and
// grows with the square of nested objects. What exists in the state alone needs
// none of that: its arguments are repeated to the letter, and its computed
// attributes follow from them. Both ways use the same functions, and a test
// compares their answers.
type server struct {
	tfprotov6.ProviderServer // the framework's
	provider                 *backupfwProvider
	resources                func() map[string]*wireResource
	dataSources              func() map[string]*wireDataSource
}

var _ tfprotov6.ProviderServer = (*server)(nil)

// NewServer returns what main serves: the provider on version 6 of the protocol.
func NewServer(version string) func() tfprotov6.ProviderServer {
	return NewServerWithClock(version, time.Now)
}

// NewServerWithClock returns the server with another clock. Only the ends of
// waivers depend on it.
func NewServerWithClock(version string, clock func() time.Time) func() tfprotov6.ProviderServer {
	return func() tfprotov6.ProviderServer {
		p := &backupfwProvider{version: version, clock: clock}
		return &server{ProviderServer: providerserver.NewProtocol6(p)(), provider: p,
			resources: sync.OnceValue(wireResources), dataSources: sync.OnceValue(wireDataSources)}
	}
}

// nullOnWire is null, as Terraform writes it.
var nullOnWire = []byte{msgpcode.Nil}

func (s *server) ValidateResourceConfig(ctx context.Context, req *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	if r := s.resources()[req.TypeName]; r != nil {
		if diags, usual := r.validateConfig(onWire(req.Config)); usual {
			return &tfprotov6.ValidateResourceConfigResponse{Diagnostics: protocolDiagnostics(diags)}, nil
		}
	}
	return s.ProviderServer.ValidateResourceConfig(ctx, req)
}

func (s *server) UpgradeResourceState(ctx context.Context, req *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	if r := s.resources()[req.TypeName]; r != nil && req.Version == schemaVersion && req.RawState != nil {
		if state, usual := r.fromJSON(req.RawState.JSON); usual {
			return &tfprotov6.UpgradeResourceStateResponse{UpgradedState: &tfprotov6.DynamicValue{MsgPack: state}}, nil
		}
	}
	return s.ProviderServer.UpgradeResourceState(ctx, req)
}

// ReadResource has nothing to do: nothing outside the state can drift.
func (s *server) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	if s.resources()[req.TypeName] == nil || onWire(req.CurrentState) == nil {
		return s.ProviderServer.ReadResource(ctx, req)
	}
	return &tfprotov6.ReadResourceResponse{NewState: req.CurrentState, Private: req.Private}, nil
}

func (s *server) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	if r, data := s.resources()[req.TypeName], s.provider.data.Load(); r != nil && data != nil {
		state, diags, usual := r.plan(onWire(req.Config), onWire(req.PriorState), onWire(req.ProposedNewState), data)
		if usual {
			return &tfprotov6.PlanResourceChangeResponse{
				PlannedState:   &tfprotov6.DynamicValue{MsgPack: state},
				PlannedPrivate: req.PriorPrivate,
				Diagnostics:    protocolDiagnostics(diags),
			}, nil
		}
	}
	return s.ProviderServer.PlanResourceChange(ctx, req)
}

func (s *server) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	if r, data := s.resources()[req.TypeName], s.provider.data.Load(); r != nil && data != nil {
		state, diags, usual := r.apply(onWire(req.PriorState), onWire(req.PlannedState), data)
		if usual {
			resp := &tfprotov6.ApplyResourceChangeResponse{
				NewState:    &tfprotov6.DynamicValue{MsgPack: state},
				Diagnostics: protocolDiagnostics(diags),
			}
			if isUpdate := !isNull(req.PriorState) && !isNull(req.PlannedState); isUpdate {
				resp.Private = req.PlannedPrivate // like the framework; the resources keep nothing in it
			}
			return resp, nil
		}
	}
	return s.ProviderServer.ApplyResourceChange(ctx, req)
}

func isNull(value *tfprotov6.DynamicValue) bool { return bytes.Equal(value.MsgPack, nullOnWire) }

func (s *server) ValidateDataResourceConfig(ctx context.Context, req *tfprotov6.ValidateDataResourceConfigRequest) (*tfprotov6.ValidateDataResourceConfigResponse, error) {
	if d := s.dataSources()[req.TypeName]; d != nil {
		if diags, usual := d.validateConfig(onWire(req.Config)); usual {
			return &tfprotov6.ValidateDataResourceConfigResponse{Diagnostics: protocolDiagnostics(diags)}, nil
		}
	}
	return s.ProviderServer.ValidateDataResourceConfig(ctx, req)
}

func (s *server) ReadDataSource(ctx context.Context, req *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, error) {
	if d, data := s.dataSources()[req.TypeName], s.provider.data.Load(); d != nil && data != nil {
		if state, diags, usual := d.read(onWire(req.Config), data); usual {
			return &tfprotov6.ReadDataSourceResponse{State: &tfprotov6.DynamicValue{MsgPack: state}, Diagnostics: protocolDiagnostics(diags)}, nil
		}
	}
	return s.ProviderServer.ReadDataSource(ctx, req)
}

// onWire returns a value as Terraform sends it; nil when it came otherwise.
func onWire(value *tfprotov6.DynamicValue) []byte {
	if value == nil || len(value.JSON) > 0 || len(value.MsgPack) == 0 {
		return nil
	}
	return value.MsgPack
}

// protocolDiagnostics writes diagnostics the way the framework does.
func protocolDiagnostics(diags diag.Diagnostics) []*tfprotov6.Diagnostic {
	var all []*tfprotov6.Diagnostic
	for _, d := range diags {
		one := &tfprotov6.Diagnostic{Severity: tfprotov6.DiagnosticSeverityError, Summary: d.Summary(), Detail: d.Detail()}
		if d.Severity() == diag.SeverityWarning {
			one.Severity = tfprotov6.DiagnosticSeverityWarning
		}
		if placed, isPlaced := d.(diag.DiagnosticWithPath); isPlaced {
			one.Attribute = protocolPath(placed.Path())
		}
		all = append(all, one)
	}
	return all
}

func protocolPath(p path.Path) *tftypes.AttributePath {
	at := tftypes.NewAttributePath()
	for _, step := range p.Steps() {
		switch s := step.(type) {
		case path.PathStepAttributeName:
			at = at.WithAttributeName(string(s))
		case path.PathStepElementKeyInt:
			at = at.WithElementKeyInt(int(s))
		case path.PathStepElementKeyString:
			at = at.WithElementKeyString(string(s))
		}
	}
	return at
}
