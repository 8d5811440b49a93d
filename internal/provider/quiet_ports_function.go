package provider

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/backupfw/terraform-provider-backupfw/internal/catalog"
	"github.com/backupfw/terraform-provider-backupfw/internal/fault"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/quiet"
)

var _ function.Function = (*quietPortsFunction)(nil)

// quietPortsFunction proposes a range for a listener that can be put anywhere.
type quietPortsFunction struct{}

func newQuietPortsFunction() function.Function { return &quietPortsFunction{} }

func (*quietPortsFunction) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "quiet_ports"
}

func (*quietPortsFunction) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "Proposes ports that nothing else is known to use",
		MarkdownDescription: "A range of `count` consecutive ports as a text for `ports`, such as `\"29168-29207/tcp\"`. It is clear of 0-1023, of every service that IANA has registered, " +
			"of the services that are attacked most, of the ranges out of which Linux (32768-60999), Windows and the BSDs (49152-65535) and Kubernetes node ports (30000-32767) are taken, " +
			"of the ports that the products of the catalogue document, and of `avoid`.\n\n" +
			"The same arguments give the same range, as long as the provider stays the same: write the result down where a newer catalogue must not move a listener.",
		Parameters: []function.Parameter{
			function.Int64Parameter{Name: "count", MarkdownDescription: "Number of ports, at least 1."},
			function.StringParameter{Name: "protocol", MarkdownDescription: "`tcp`, `udp` or `sctp`."},
			function.ListParameter{Name: "avoid", ElementType: types.StringType,
				MarkdownDescription: "Ports that are taken already, in the form `PORT/PROTO` or `FROM-TO/PROTO`; `[]` for none. Those of another protocol do not count."},
		},
		Return: function.StringReturn{},
	}
}

const (
	countArgument    = 0
	protocolArgument = 1
	avoidArgument    = 2
)

func (*quietPortsFunction) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var count types.Int64
	var name types.String
	var list types.List
	if resp.Error = req.Arguments.Get(ctx, &count, &name, &list); resp.Error != nil {
		return
	}
	for i, null := range []bool{count.IsNull(), name.IsNull(), list.IsNull()} {
		if null {
			resp.Error = functionError(int64(i), fault.List{fault.New("Null value", "The argument is null.",
				"A proposal needs all three.", "Write [] for avoid to avoid nothing, and a value for the others.")})
			return
		}
	}
	var taken []types.String
	if !list.IsUnknown() {
		if resp.Error = function.FuncErrorFromDiags(ctx, list.ElementsAs(ctx, &taken, false)); resp.Error != nil {
			return
		}
	}
	unknown := count.IsUnknown() || name.IsUnknown() || list.IsUnknown()
	texts := make([]string, len(taken))
	for i, text := range taken {
		unknown = unknown || text.IsUnknown()
		texts[i] = text.ValueString()
		if text.IsNull() {
			resp.Error = functionError(avoidArgument, fault.List{fault.New("Null value", "The element is null.",
				"It is not clear which ports it stands for.", "Remove the element, or write a text.").At(fault.Index(i))})
			return
		}
	}
	if unknown {
		resp.Error = resp.Result.Set(ctx, types.StringUnknown())
		return
	}
	avoid, faults := portset.ParseList(texts)
	if len(faults) > 0 {
		resp.Error = functionError(avoidArgument, faults)
		return
	}
	text, argument, problem := quietPorts(count.ValueInt64(), name.ValueString(), avoid)
	if problem != nil {
		resp.Error = functionError(argument, fault.List{problem})
		return
	}
	resp.Error = resp.Result.Set(ctx, types.StringValue(text))
}

// quietPorts returns the range, or a fault with the argument that it is about.
func quietPorts(count int64, name string, avoid portset.Ports) (text string, argument int64, problem *fault.Fault) {
	if count < 1 || count > catalog.MaxPorts {
		return "", countArgument, fault.New("Count out of range", fmt.Sprintf("count = %d is not a number of ports.", count),
			"A protocol has 65536 ports.", "Write a whole number from 1.")
	}
	for _, protocol := range portset.Protocols() {
		if !protocol.HasPorts() || protocol.String() != name {
			continue
		}
		if found, ok := quiet.Range(int(count), protocol, avoid); ok {
			return portset.Entry{Protocol: protocol, Range: found}.String(), 0, nil
		}
		widest, ok := quiet.Widest(protocol, avoid)
		if !ok {
			return "", avoidArgument, fault.New("No quiet ports", fmt.Sprintf("No %s port is quiet beside those in avoid.", name),
				"Every other port belongs to something else.", "Avoid less.")
		}
		entry := portset.Entry{Protocol: protocol, Range: widest}
		return "", countArgument, fault.New("No quiet range that wide",
			fmt.Sprintf("No %d consecutive %s ports are quiet; the widest run is %s, %d wide.", count, name, entry, portset.Of(widest).Len()),
			"Between any others something else is known to listen.",
			"Ask for fewer ports, avoid less, or take several narrower ranges: pass the first one in avoid.")
	}
	return "", protocolArgument, fault.New("Not a protocol with ports", fmt.Sprintf("protocol = %s has no ports.", policy.Quote(name)),
		"Only ports can be quiet.", "Use tcp, udp or sctp.")
}
