//go:build integration

package acceptance

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// EC2 reads security groups from the EC2 query API.
type EC2 struct {
	Endpoint string
}

// Region is where the tests create everything.
const Region = "eu-central-1"

// SecurityGroup is one group as the API describes it.
type SecurityGroup struct {
	ID   string `xml:"groupId"`
	Name string `xml:"groupName"`
}

// SecurityGroupRule is one rule as the API describes it. Ports are -1 where
// the protocol has none.
type SecurityGroupRule struct {
	ID              string `xml:"securityGroupRuleId"`
	GroupID         string `xml:"groupId"`
	Egress          bool   `xml:"isEgress"`
	Protocol        string `xml:"ipProtocol"`
	FromPort        int    `xml:"fromPort"`
	ToPort          int    `xml:"toPort"`
	CIDRIPv4        string `xml:"cidrIpv4"`
	CIDRIPv6        string `xml:"cidrIpv6"`
	PrefixListID    string `xml:"prefixListId"`
	ReferencedGroup string `xml:"referencedGroupInfo>groupId"`
	Description     string `xml:"description"`
}

// Rules returns all rules of the group, in the order of their ids.
func (c *EC2) Rules(ctx context.Context, groupID string) ([]SecurityGroupRule, error) {
	rules, err := describe[SecurityGroupRule](ctx, c, "DescribeSecurityGroupRules", "securityGroupRuleSet", url.Values{
		"Filter.1.Name":    {"group-id"},
		"Filter.1.Value.1": {groupID},
	})
	slices.SortFunc(rules, func(a, b SecurityGroupRule) int { return strings.Compare(a.ID, b.ID) })
	return rules, err
}

// Groups returns all groups with the name.
func (c *EC2) Groups(ctx context.Context, name string) ([]SecurityGroup, error) {
	return describe[SecurityGroup](ctx, c, "DescribeSecurityGroups", "securityGroupInfo", url.Values{
		"Filter.1.Name":    {"group-name"},
		"Filter.1.Value.1": {name},
	})
}

// describe calls an action page by page and returns the items of its set.
func describe[T any](ctx context.Context, c *EC2, action, set string, parameters url.Values) ([]T, error) {
	form := url.Values{"Action": {action}, "Version": {"2016-11-15"}, "MaxResults": {"1000"}}
	for name, values := range parameters {
		form[name] = values
	}
	var items []T
	for {
		body, err := c.call(ctx, form)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", action, err)
		}
		page, next, err := decodePage[T](body, set)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", action, err)
		}
		items = append(items, page...)
		if next == "" {
			return items, nil
		}
		form.Set("NextToken", next)
	}
}

// decodePage reads the items of the named set and the token of the next page.
func decodePage[T any](body []byte, set string) (items []T, next string, err error) {
	decoder := xml.NewDecoder(strings.NewReader(string(body)))
	found := false
	for depth := 0; ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			if !found {
				return nil, "", fmt.Errorf("the answer has no <%s>: %.200s", set, body)
			}
			return items, next, nil
		}
		if err != nil {
			return nil, "", err
		}
		switch token := token.(type) {
		case xml.EndElement:
			depth--
		case xml.StartElement:
			switch {
			case depth == 1 && token.Name.Local == set:
				var list struct {
					Items []T `xml:"item"`
				}
				if err := decoder.DecodeElement(&list, &token); err != nil {
					return nil, "", err
				}
				items, found = list.Items, true
			case depth == 1 && token.Name.Local == "nextToken":
				if err := decoder.DecodeElement(&next, &token); err != nil {
					return nil, "", err
				}
			default:
				depth++
			}
		}
	}
}

func (c *EC2) call(ctx context.Context, form url.Values) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.Endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	// The emulator reads region and service from the credential and does not
	// check the signature.
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20200101/"+Region+"/ec2/aws4_request, SignedHeaders=host, Signature=none")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %.500s", response.Status, body)
	}
	return body, nil
}

func TestEC2_ReadsAllPages(t *testing.T) {
	const pages = 3
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page, _ := strconv.Atoi(r.FormValue("NextToken"))
		next := ""
		if page+1 < pages {
			next = fmt.Sprintf("<nextToken>%d</nextToken>", page+1)
		}
		fmt.Fprintf(w, `<DescribeSecurityGroupRulesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15">%s<securityGroupRuleSet><item>
			<securityGroupRuleId>sgr-%d</securityGroupRuleId><groupId>sg-0</groupId><isEgress>true</isEgress>
			<ipProtocol>tcp</ipProtocol><fromPort>1</fromPort><toPort>2</toPort>
			<referencedGroupInfo><groupId>sg-1</groupId></referencedGroupInfo><description>d</description><tagSet/>
		</item></securityGroupRuleSet></DescribeSecurityGroupRulesResponse>`, next, pages-page)
	}))
	defer server.Close()
	got, err := (&EC2{Endpoint: server.URL}).Rules(t.Context(), "sg-0")
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != pages || got[0].ID != "sgr-1" {
		t.Fatalf("got %+v, want %d rules in the order of their ids", got, pages)
	}
	want := SecurityGroupRule{ID: "sgr-2", GroupID: "sg-0", Egress: true, Protocol: "tcp", FromPort: 1, ToPort: 2, ReferencedGroup: "sg-1", Description: "d"}
	if got[1] != want {
		t.Errorf("got %+v\nwant %+v", got[1], want)
	}
}

func TestEC2_ReportsWhatTheAPIRefuses(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "<Code>InvalidGroupId.Malformed</Code>", http.StatusBadRequest)
	}))
	defer server.Close()
	_, err := (&EC2{Endpoint: server.URL}).Rules(t.Context(), "x")
	if err == nil || !strings.Contains(err.Error(), "InvalidGroupId.Malformed") {
		t.Errorf("error %v, want the API's code in it", err)
	}
}
