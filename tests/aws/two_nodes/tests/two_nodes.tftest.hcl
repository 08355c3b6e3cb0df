# As AWS has it before the first apply: no name that AWS makes is known.

mock_provider "aws" {
  source = "../mocks"
}

run "planned" {
  command = plan
}
