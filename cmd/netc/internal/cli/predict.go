package cli

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/netc-lang/netc"
)

func newPredict(e *env) *cobra.Command {
	var net, weights, draw string
	c := &cobra.Command{
		Use:   "predict FILE IMAGE...",
		Short: "run the predict section on pictures",
		Long: `predict runs the predict section of a .net file on pictures (PNG, JPEG, GIF, WebP,
BMP, TIFF, PGM, PPM; - is standard input) with the trained weights. --draw writes each picture
again, as NAME.png, with boxes as frames, masks as colours and classes in words.`,
		Args: cobra.MinimumNArgs(2),
		ValidArgsFunction: func(c *cobra.Command, args []string, to string) ([]string, cobra.ShellCompDirective) {
			if len(args) == 0 {
				return netFiles(c, args, to)
			}
			return nil, cobra.ShellCompDirectiveDefault
		},
		RunE: func(_ *cobra.Command, args []string) error {
			s, err := netc.Open(args[0], e.in)
			if err != nil {
				return failed(err)
			}
			file := "" // what the weights section loads
			if names, written := s.Pretrained(); weights != "" || written || !names {
				if err := e.lists(s, "predict"); err != nil {
					return err
				}
				if file, err = e.trained(s, weights); err != nil {
					return err
				}
			}
			built, err := e.compile(s, netc.Options{Weights: file})
			if err != nil {
				return err
			}
			if (net != "" || len(built.Module.Predicts) == 0) && e.refused(built, "predict", net) {
				return reported(exitFailed)
			}
			model, err := predictor(built, s, net)
			if err != nil {
				return failed(err)
			}
			var more []string
			if e.json {
				more = append(more, "-json")
			}
			if draw != "" {
				more = append(more, "-draw", draw)
			}
			return e.execute(built, fmt.Sprintf(predictMain, model), append(more, args[1:]...))
		},
	}
	c.Flags().StringVar(&net, "net", "", "the net, where the file has several predict sections")
	c.Flags().StringVar(&draw, "draw", "", "write pictures with the results into this folder")
	c.Flags().StringVar(&weights, "weights", "", "safetensors file (default: NAME.safetensors beside FILE)")
	return c
}

// predictor returns the Go type of the net whose predict section is asked for.
func predictor(built *netc.Package, s *netc.Source, net string) (string, error) {
	var have []string
	for _, p := range built.Module.Predicts {
		if p.Net == net {
			return net, nil
		}
		have = append(have, p.Net)
	}
	switch {
	case net != "":
		return "", fmt.Errorf("%s has no predict section for %s; it has one for %v", s.Path, net, have)
	case len(have) == 0:
		return "", noPredict(s)
	case len(have) > 1:
		return "", fmt.Errorf("%s has several predict sections; choose one with --net: %v", s.Path, have)
	}
	return have[0], nil
}

const predictMain = `package main

import (
	"os"

	"github.com/netc-lang/netc/runtime/driver"

	model "program/model"
)

func main() {
	m, err := model.New%s()
	if err != nil {
		os.Stderr.WriteString("netc: " + err.Error() + "\n")
		os.Exit(1)
	}
	os.Exit(driver.Predict(m.Predict))
}
`

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
