policy "backupfw" {
  source            = "./backupfw.sentinel"
  enforcement_level = "hard-mandatory"
  params = {
    max_score = 40
  }
}
