# examples/minimal as it is shipped. Its two warnings fail a run, and only a module's own tests may expect them: the
# test that starts this looks for exactly those two.

mock_provider "aws" {
  source          = "../../tests/aws/mocks"
  override_during = plan
}

run "as_shipped" {
  command = plan
}
