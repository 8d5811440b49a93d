locals {
  # A table of rules, as a spreadsheet or another tool exports it; csvdecode(file("rules.csv")) reads a file.
  table = <<-CSV
    direction,protocol,from_port,to_port,cidrs,description
    ingress,tcp,22,22,10.20.0.0/24,administrators
    ingress,tcp,9102,9102,10.0.0.0/8,file daemon
    ingress,tcp,20000,30000,198.51.100.16/28; 198.51.100.64/28,backup clients in the DMZ
    egress,-1,,,0.0.0.0/0 ::/0,anything outward
  CSV
}

data "backupfw_assessment" "table" {
  # One cell may hold several networks. What a rule leaves open is never taken for less.
  existing_rules = [for r in csvdecode(local.table) : merge(r, { cidrs = [r.cidrs] })]
}

output "table_score" {
  value = "${data.backupfw_assessment.table.score} of 100, ${data.backupfw_assessment.table.rating}"
}

# existing-1 is the row with the index 1, counted from 0.
output "table_findings" {
  value = [for f in data.backupfw_assessment.table.findings : "${join(", ", f.rules)}: ${f.message}" if f.effect == "reject"]
}
