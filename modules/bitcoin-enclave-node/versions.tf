terraform {
  required_version = ">= 1.9" # validations that read other variables

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.84" # the first in which aws_ec2_instance_type tells of nitro_enclaves_support
    }
  }
}
