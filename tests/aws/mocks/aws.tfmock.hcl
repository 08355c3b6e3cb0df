# What AWS would answer: values of the right form, so that the same tests pass on the real provider.

mock_data "aws_region" {
  defaults = { id = "us-east-1" }
}

mock_data "aws_partition" {
  defaults = { partition = "aws" }
}

mock_data "aws_caller_identity" {
  defaults = { account_id = "123456789012" }
}

mock_data "aws_ec2_instance_type" {
  defaults = {
    nitro_enclaves_support   = "supported"
    supported_architectures  = ["x86_64"]
    default_vcpus            = 4
    default_threads_per_core = 2
    memory_size              = 16384
  }
}

mock_data "aws_ec2_instance_type_offerings" {
  defaults = { locations = ["us-east-1a", "us-east-1b"] }
}

mock_data "aws_subnets" {
  defaults = { ids = ["subnet-0bbbbbbbbbbbbbbbb", "subnet-0aaaaaaaaaaaaaaaa"] }
}

mock_data "aws_subnet" {
  defaults = {
    vpc_id            = "vpc-0123456789abcdef0"
    availability_zone = "us-east-1a"
  }
}

mock_data "aws_vpc" {
  defaults = { cidr_block = "172.31.0.0/16" }
}

mock_data "aws_ec2_managed_prefix_list" {
  defaults = { id = "pl-63a5400a" }
}

mock_data "aws_ssm_parameter" {
  defaults = { insecure_value = "ami-0aaaaaaaaaaaaaaaa" }
}

mock_resource "aws_instance" {
  defaults = {
    id        = "i-0123456789abcdef0"
    arn       = "arn:aws:ec2:us-east-1:123456789012:instance/i-0123456789abcdef0"
    public_ip = "203.0.113.10"
  }
}

mock_resource "aws_ebs_volume" {
  defaults = {
    id  = "vol-0123456789abcdef0"
    arn = "arn:aws:ec2:us-east-1:123456789012:volume/vol-0123456789abcdef0"
  }
}

mock_resource "aws_security_group" {
  defaults = { id = "sg-0123456789abcdef0" }
}

mock_resource "aws_s3_bucket" {
  defaults = {
    id     = "btc-enclave-20261122141900000000000002"
    bucket = "btc-enclave-20261122141900000000000002"
    arn    = "arn:aws:s3:::btc-enclave-20261122141900000000000002"
  }
}

mock_resource "aws_iam_role" {
  defaults = {
    id   = "btc-enclave-20261122141900000000000001"
    name = "btc-enclave-20261122141900000000000001"
    arn  = "arn:aws:iam::123456789012:role/btc-enclave-20261122141900000000000001"
  }
}

mock_resource "aws_iam_instance_profile" {
  defaults = { name = "btc-enclave-20261122141900000000000003" }
}

mock_resource "aws_iam_openid_connect_provider" {
  defaults = { arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com" }
}

mock_resource "aws_kms_key" {
  defaults = {
    key_id = "01234567-89ab-cdef-0123-456789abcdef"
    arn    = "arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef"
  }
}

mock_resource "aws_cloudwatch_log_group" {
  defaults = {
    name = "/bitcoin-enclave-node/btc-enclave-20261122141900000000000004"
    arn  = "arn:aws:logs:us-east-1:123456789012:log-group:/bitcoin-enclave-node/btc-enclave-20261122141900000000000004"
  }
}

mock_resource "aws_cloudwatch_metric_alarm" {
  defaults = { arn = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:btc-enclave" }
}

mock_resource "aws_cloudwatch_event_rule" {
  defaults = {
    name = "btc-enclave-key-20261122141900000000000005"
    arn  = "arn:aws:events:us-east-1:123456789012:rule/btc-enclave-key-20261122141900000000000005"
  }
}

mock_resource "aws_ecr_repository" {
  defaults = {
    arn            = "arn:aws:ecr:us-east-1:123456789012:repository/btc-enclave"
    repository_url = "123456789012.dkr.ecr.us-east-1.amazonaws.com/btc-enclave"
  }
}

mock_resource "aws_sns_topic" {
  defaults = { arn = "arn:aws:sns:us-east-1:123456789012:btc-enclave-alarms" }
}

mock_resource "aws_vpc" {
  defaults = { id = "vpc-0123456789abcdef0" }
}

mock_resource "aws_subnet" {
  defaults = { id = "subnet-0123456789abcdef0" }
}

mock_resource "aws_route_table" {
  defaults = { id = "rtb-0123456789abcdef0" }
}

mock_resource "aws_internet_gateway" {
  defaults = { id = "igw-0123456789abcdef0" }
}
