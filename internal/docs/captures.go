package docs

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/terminal"
)

// captureFolder has what the command line printed, as internal/exampletest
// records it, and the pictures of it.
const captureFolder = "internal/docs/terminal/"

// capture is a text in captureFolder.
type capture struct {
	name, title string
	// description says what one sees, to those who do not.
	description string
	// lead is the sentence above the picture.
	lead string
}

var captures = []capture{
	{
		name:  "rejected",
		title: "A rejected plan",
		lead:  "Forty well-known ports, open to sixteen clients in a DMZ, fail the plan:",
		description: "A terminal with four red errors, each at a line of the policy, with the reason and what to write instead. " +
			"score-limit: the score is 70, and the limit is 40. " +
			"well-known-port: other programs than the backup listen on 100-139. " +
			"sensitive-service, twice: RPC on 111 and 135, SMB and NetBIOS on 137-139.",
	},
	{
		name:  "accepted",
		title: "An accepted plan",
		lead:  "Forty ports that nothing else uses, open to the same clients, pass with a score of 2:",
		description: "A terminal with the plan of a new policy, each line with a green plus sign. " +
			"Two contributions: 29168-29207 from 16 hosts with 1.534662 points, 29160 to 16 hosts with 0.30303. " +
			"No findings, 1.837692 points, rating low, score 2, score_limit 10, verdict accept. Plan: 5 to add.",
	},
}

// picturePath is the capture's picture by its path below the root.
func (c capture) picturePath() string { return captureFolder + c.name + ".svg" }

// text reads what was printed.
func (c capture) text(root string) (string, error) {
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(captureFolder), c.name+".txt"))
	return string(text), err
}

// capturePictures draws the captures below root; by path below root.
func capturePictures(root string) (map[string][]byte, error) {
	byPath := map[string][]byte{}
	for _, c := range captures {
		text, err := c.text(root)
		if err != nil {
			return nil, err
		}
		picture, err := terminal.Window{Title: c.title, Description: c.description, Bar: "terraform plan", Text: text}.SVG()
		if err != nil {
			return nil, fmt.Errorf("%s%s.txt: %w", captureFolder, c.name, err)
		}
		byPath[c.picturePath()] = picture
	}
	return byPath, nil
}

// captureGallery shows the captures in the README of the repository, where a
// relative path is right in every branch and fork.
func captureGallery() string {
	var parts []string
	for _, c := range captures {
		parts = append(parts, c.lead, "!["+c.description+"]("+c.picturePath()+")")
	}
	return strings.Join(parts, "\n\n")
}
