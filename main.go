// Command terraform-provider-backupfw is a Terraform provider that grades the
// firewall openings of backup software and compiles the accepted ones to the
// rules of a cloud. Called as "terraform-provider-backupfw review", it reviews a
// plan for a pull request.
package main

import (
	"cmp"
	"flag"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"

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

	var options []tf6server.ServeOpt
	if *debug {
		options = append(options, tf6server.WithManagedDebug())
	} else {
		logAsAsked(os.Getenv, os.Setenv)
	}
	if err := tf6server.Serve("registry.terraform.io/backupfw/backupfw", provider.NewServer(version), options...); err != nil {
		log.Fatal(err)
	}
}

// logAsAsked turns off what Terraform would throw away. The SDK logs a trace of
// every call unless told otherwise, and Terraform reads all of it to show what
// TF_LOG or TF_LOG_PROVIDER asks for: in a plan of thousands of resources that
// is 40 % of the time of both. Without it the SDK's level is the one asked for.
func logAsAsked(getenv func(string) string, setenv func(name, value string) error) {
	if getenv(sdkLevel) != "" {
		return
	}
	level := cmp.Or(getenv("TF_LOG_PROVIDER"), getenv("TF_LOG"), "off")
	if strings.EqualFold(level, "json") {
		return // everything, which is what the SDK does by itself
	}
	if err := setenv(sdkLevel, level); err != nil {
		log.Printf("%s cannot be set, so that nothing is left out of the log: %v", sdkLevel, err)
	}
}

// sdkLevel is the variable that sets the level of the SDK's own log.
const sdkLevel = "TF_LOG_SDK"
