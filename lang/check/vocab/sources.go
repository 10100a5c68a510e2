package vocab

func init() {
	dir := Arg{Name: "dir", Kind: String, Doc: "the folder, relative to the .net file"}
	file := Arg{Name: "file", Kind: String, Doc: "the file, relative to the .net file"}
	define(Source,
		Row{
			Name: "mnist", Doc: "the four idx files of MNIST and its kin, plain or gzipped: pictures u8[28, 28, Gray] with a label",
			Args: []Arg{dir}, On: Picture | Label, One: true, Runs: true,
		},
		Row{
			Name: "cifar10", Doc: "the binary batches of CIFAR-10: pictures u8[32, 32, RGB] with a label",
			Args: []Arg{dir}, On: Picture | Label, One: true, Runs: true,
		},
		Row{
			Name: "folders", Doc: "one folder of pictures for each class, in `train`, `val` and `test` or directly",
			Args: []Arg{
				dir,
				share("val", "share of the pictures of each class that is kept for validation"),
				share("val_classes", "share of the classes that is kept for validation, with all their pictures"),
			},
			On: Picture | Label, One: true, Runs: true,
			sense: func(args map[string]any) *Problem {
				if args["val"] != 0.0 && args["val_classes"] != 0.0 {
					return &Problem{Kind: OutOfRange, Arg: "val_classes", Index: -1, Message: "`val` keeps pictures apart and `val_classes` whole classes, and validation is one of the two", Hint: "remove one of the two"}
				}
				return nil
			},
		},
		Row{
			Name: "csv", Doc: "a table with a header: each field of the sample reads a column, a number f32 too",
			Args: []Arg{file},
			Rest: &Arg{Name: "field=column", Kind: Word, ByName: true, Doc: "the column that a field reads"},
			On:   Picture | Label | Text | Array, Runs: true,
		},
		Row{Name: "npz", Doc: "arrays of NumPy, one for each field of the sample", Args: []Arg{file}, On: Picture | Label | Mask | Array, Runs: true},
		Row{Name: "voc", Doc: "Pascal VOC: pictures with boxes", Args: []Arg{dir}, On: Picture | Boxes, One: true, Runs: true},
		Row{Name: "coco", Doc: "COCO: pictures with boxes, from its JSON annotations", Args: []Arg{dir}, On: Picture | Boxes, One: true, Runs: true},
		Row{
			Name: "pairs", Doc: "pictures with masks, matched by the order of their names",
			Args: []Arg{
				{Name: "images", Kind: String, ByName: true, Doc: "pattern of the pictures, such as \"data/*.png\""},
				{Name: "masks", Kind: String, ByName: true, Doc: "pattern of the masks"},
				share("val", "share of the pictures that is kept for validation"),
			},
			On: Picture | Mask, One: true, Runs: true,
		},
		Row{
			Name: "tar", Doc: "WebDataset shards: records of files with one base name",
			Args: []Arg{{Name: "pattern", Kind: String, Doc: "pattern of the shards"}}, On: Picture | Label | Text, Runs: true,
		},
		Row{Name: "text", Doc: "a text, one sample a line", Args: []Arg{file}, On: Text, One: true, Runs: true},
	)
}

func share(name, doc string) Arg {
	return Arg{Name: name, Kind: Float, Default: 0.0, ByName: true, Limited: true, Max: 1, Below: true, Doc: doc}
}
