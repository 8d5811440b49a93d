// Package reviewtest runs the recipes of examples/pull-request-review: the
// steps of the pipelines with bash, Terraform and stand-ins for the APIs of
// GitHub and GitLab, and the policies with Conftest.
//
// It sees this module's provider as its users do, built and through the
// command line. Tests that execute something carry the build constraint
// "integration"; run them with "make integration". They need git, bash, curl
// and jq on PATH.
package reviewtest
