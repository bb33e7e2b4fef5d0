namespace graft { }
