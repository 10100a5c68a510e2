// Package lsp is the language server: it tells an editor, while a person types,
// what the checker thinks of a .net file, what shape every stage has and what it
// costs, what a name means and where else it stands.
//
// One goroutine reads messages, another answers them one after the other, so no
// state is shared. A change of the text is applied at once and analysed when the
// typing pauses or when an answer needs it. Names are resolved on the tree that the
// parser recovered from the text as it is; shapes come from the last text that
// checked, moved to where that text stands now. Nothing that a client sends ends
// the server: a panic is logged, and answered with an error.
//
// The server speaks version 3.17 of the Language Server Protocol over any pair of
// streams, with positions in UTF-16 unless the client offers UTF-8. The disk is
// behind [Host].
//
// Begin with [Serve].
package lsp
