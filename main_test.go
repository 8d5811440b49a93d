package main

import (
	"maps"
	"testing"
)

func TestLogAsAsked(t *testing.T) {
	for _, c := range []struct {
		name      string
		env, want map[string]string
	}{
		{"nobody asks", nil, map[string]string{"TF_LOG_SDK": "off"}},
		{"a level", map[string]string{"TF_LOG": "WARN"}, map[string]string{"TF_LOG": "WARN", "TF_LOG_SDK": "WARN"}},
		{"a level of providers", map[string]string{"TF_LOG": "TRACE", "TF_LOG_PROVIDER": "info"}, map[string]string{"TF_LOG": "TRACE", "TF_LOG_PROVIDER": "info", "TF_LOG_SDK": "info"}},
		{"everything", map[string]string{"TF_LOG": "json"}, map[string]string{"TF_LOG": "json"}},
		{"the SDK's own level", map[string]string{"TF_LOG_SDK": "debug"}, map[string]string{"TF_LOG_SDK": "debug"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			env := maps.Clone(c.env)
			if env == nil {
				env = map[string]string{}
			}
			logAsAsked(func(name string) string { return env[name] }, func(name, value string) error { env[name] = value; return nil })
			if !maps.Equal(env, c.want) {
				t.Errorf("the environment is %v, want %v", env, c.want)
			}
		})
	}
}
