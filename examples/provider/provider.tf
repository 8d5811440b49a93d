terraform {
  required_version = ">= 1.8"
  required_providers {
    backupfw = {
      source = "backupfw/backupfw"
    }
  }
}

# All settings are optional. The provider talks to no service and needs no credentials.
provider "backupfw" {
  max_score       = 40           # a policy may be stricter, never looser
  enforcement     = "enforce"    # "warn" turns rejections into warnings
  unwaivable      = ["any-peer"] # nobody may accept this finding
  max_waiver_days = 366
}
