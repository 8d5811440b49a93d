package main

import (
	"context"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// The yardstick must not shrink or grow unnoticed: a figure of before could not
// be compared with one of now.
func TestMinimal_HasOneResourceWithTwoAttributes(t *testing.T) {
	server, err := providerserver.NewProtocol6WithError(func() provider.Provider { return minimal{} }())()
	if err != nil {
		t.Fatal(err)
	}
	schemas, err := server.GetProviderSchema(context.Background(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil || len(schemas.Diagnostics) > 0 {
		t.Fatalf("no schema: %v, %v", err, schemas.Diagnostics)
	}
	if len(schemas.ResourceSchemas) != 1 || len(schemas.DataSourceSchemas) != 0 || len(schemas.Functions) != 0 {
		t.Errorf("%d resources, %d data sources, %d functions, want one resource alone",
			len(schemas.ResourceSchemas), len(schemas.DataSourceSchemas), len(schemas.Functions))
	}
	thing := schemas.ResourceSchemas["minimal_thing"]
	if thing == nil || len(thing.Block.Attributes) != 2 || len(thing.Block.BlockTypes) != 0 {
		t.Errorf("minimal_thing is %+v, want two attributes", thing)
	}
}
