// Command terraform-provider-backupfw is a Terraform provider that grades the
// firewall openings of backup software and compiles the accepted ones to the
// rules of a cloud. Called as "terraform-provider-backupfw review", it reviews a
// plan for a pull request.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"github.com/backupfw/terraform-provider-backupfw/internal/provider"
	"github.com/backupfw/terraform-provider-backupfw/internal/review"
)

// version is set by the release build with -ldflags "-X main.version=…".
var version = "dev"

func main() {
	if len(os.Args) > 1 && os.Args[1] == "review" {
		os.Exit(review.Run(os.Args[2:], review.Process{
			Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Now: time.Now, Version: version,
		}))
	}
	debug := flag.Bool("debug", false, "serve for a debugger such as delve, and print how Terraform can reach this process")
	printVersion := flag.Bool("version", false, "print the version and stop")
	flag.Parse()

	if *printVersion {
		fmt.Println("terraform-provider-backupfw", version)
		return
	}

	err := providerserver.Serve(context.Background(), provider.New(version), providerserver.ServeOpts{
		Address:         "registry.terraform.io/backupfw/backupfw",
		Debug:           *debug,
		ProtocolVersion: 6,
	})
	if err != nil {
		log.Fatal(err)
	}
}
