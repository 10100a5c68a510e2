package tiles

// DrainGeneric is the twin of Drain, for tests that ask which sets there are.
func (s *Side) DrainGeneric() { s.drainGeneric() }
