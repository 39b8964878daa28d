// Runs templates as text/template does, with the functions that GoReleaser gives it, of those that the standard library can say.
package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"text/template"
	"time"
)

type input struct {
	Templates []string
	Strings   map[string]string
	Ints      map[string]int
	Bools     map[string]bool
	Env       map[string]string
	When      int64
}

type output struct {
	Text string
	Bad  string
}

func main() {
	var in input
	if err := json.NewDecoder(os.Stdin).Decode(&in); err != nil {
		panic(err)
	}
	data := map[string]any{"Env": in.Env}
	for name, value := range in.Strings {
		data[name] = value
	}
	for name, value := range in.Ints {
		data[name] = value
	}
	for name, value := range in.Bools {
		data[name] = value
	}
	functions := template.FuncMap{
		"replace": strings.ReplaceAll, "split": strings.Split, "contains": strings.Contains,
		"tolower": strings.ToLower, "toupper": strings.ToUpper, "trim": strings.TrimSpace,
		"trimprefix": strings.TrimPrefix, "trimsuffix": strings.TrimSuffix,
		"dir": filepath.Dir, "base": filepath.Base,
		"time": func(layout string) string { return time.Unix(in.When, 0).UTC().Format(layout) },
		"envOrDefault": func(name, value string) string {
			if found, ok := in.Env[name]; ok {
				return found
			}
			return value
		},
		"isEnvSet": func(name string) bool { return in.Env[name] != "" },
	}
	var out []output
	for _, text := range in.Templates {
		var written bytes.Buffer
		made, err := template.New("").Option("missingkey=error").Funcs(functions).Parse(text)
		if err == nil {
			err = made.Execute(&written, data)
		}
		if err != nil {
			out = append(out, output{Bad: err.Error()})
		} else {
			out = append(out, output{Text: written.String()})
		}
	}
	json.NewEncoder(os.Stdout).Encode(out)
}
