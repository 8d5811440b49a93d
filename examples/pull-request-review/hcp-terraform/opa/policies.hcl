policy "backupfw" {
  query             = "data.terraform.policies.backupfw.deny"
  enforcement_level = "mandatory"
}
