package services

// entry is one group of the two top classes.
type entry struct {
	service Service
	// ports in the grammar of the provider's configuration, blank between.
	ports string
	// why the group is in its class, and where its ports come from.
	why string
}

// table lists the services of the two top classes. It is data; to add a
// service, add a line. Four rules keep the scores sound, and tests hold them:
//
//   - A port belongs to one group.
//   - No port at or above 49152. IANA registers nothing in the dynamic range
//     (RFC 6335, section 6), so a number there says nothing about the listener.
//     IBM Db2's usual 50000 is missing for that reason.
//   - Inside 2500–3300/tcp, the data channels of the most used product, only
//     LDAP, iSCSI and one database may lie. The ports of SQL Anywhere (2638),
//     Aerospike (3000), ZooKeeper's followers (2888) and others are missing for
//     that reason.
//   - A port on which a backup product documents a listener of its own stays out,
//     unless the service there is truly famous. Left out are 5005 and 8000 (Java
//     debugging), 5555 (Android debugging), 7000 (Cassandra between nodes), 8200
//     (Vault), 8529 (ArangoDB), 9088 (Informix), 10161 (SNMP over TLS), 10800
//     (Ignite), 16992 (Intel AMT) and 29015 (RethinkDB between nodes).
//
// Ports that are registered carry the same number in the IANA registry; the
// others are the product's documented default.
var table = []entry{
	// Most attacked: remote control and file sharing that worms and break-ins use first.
	{Service{"rdp", "Remote Desktop (RDP)", MostAttacked}, "3389/tcp 3389/udp",
		"first way in of ransomware in insurers' claims; UDP carries the same session since RDP 8"},
	{Service{"smb", "SMB and NetBIOS", MostAttacked}, "137-139/tcp 137-139/udp 445/tcp 445/udp",
		"worms of 2008 and 2017 (CVE-2008-4250, CVE-2017-0144, both in CISA's KEV); all four numbers are registered for TCP and UDP"},
	{Service{"telnet", "Telnet", MostAttacked}, "23/tcp",
		"password in clear text, scanned without pause by botnets; Telnet over TLS (992) is encrypted and stays a system service"},
	{Service{"r-services", "r-services (rexec, rlogin, rsh)", MostAttacked}, "512-514/tcp",
		"trust by address; the same numbers of UDP are biff, who and syslog, which are system services"},

	// Most attacked: administration interfaces that ask nobody for a password by default.
	{Service{"docker-api", "Docker API", MostAttacked}, "2375-2376/tcp",
		"2375 gives root on the host to whoever connects, 2376 is the same behind TLS"},
	{Service{"java-rmi", "Java RMI registry and JMX", MostAttacked}, "1099/tcp",
		"loads and runs code without a password unless configured otherwise"},
	{Service{"hadoop-yarn", "Hadoop YARN resource manager", MostAttacked}, "8088/tcp",
		"runs submitted jobs for everybody by default; taken over by miners since 2018"},
	{Service{"ray", "Ray dashboard and job API", MostAttacked}, "8265/tcp",
		"runs submitted jobs without a password by design; attacked at large in 2024 (CVE-2023-48022)"},
	{Service{"smart-install", "Cisco Smart Install", MostAttacked}, "4786/tcp",
		"no authentication by design; warnings of national authorities since 2018"},

	// Sensitive: remote access.
	{Service{"ssh", "SSH", Sensitive}, "22/tcp 22/sctp",
		"remote shell, guessed at without pause"},
	{Service{"winrm", "Windows Remote Management (WinRM)", Sensitive}, "5985-5986/tcp 47001/tcp",
		"remote shell of Windows; 47001 is the local listener of the same service"},
	{Service{"vnc", "VNC", Sensitive}, "5800-5810/tcp 5900-5963/tcp",
		"remote screen, weak passwords; 64 displays as hypervisors hand out, 5800 up for browsers"},
	{Service{"x11", "X Window System", Sensitive}, "6000-6063/tcp 177/udp",
		"screen and keyboard, trust by address; 6000–6063 is the registered range, 177 its display manager"},

	// Sensitive: files.
	{Service{"ftp", "FTP and TFTP", Sensitive}, "20-21/tcp 989-990/tcp 69/udp",
		"passwords in clear text or none; 989 and 990 are the same over TLS"},
	{Service{"nfs", "NFS", Sensitive}, "2049/tcp 2049/udp 20048/tcp 20048/udp",
		"files by address and user number; 20048 is the registered port of mountd"},

	// Sensitive: directories and management.
	{Service{"rpc", "RPC (ONC and Microsoft)", Sensitive}, "111/tcp 111/udp 135/tcp 135/udp 593/tcp",
		"lists and reaches every RPC service of the host: port mapper, endpoint mapper, RPC over HTTP"},
	{Service{"ldap", "LDAP and Active Directory", Sensitive}, "389/tcp 389/udp 636/tcp 3268-3269/tcp",
		"accounts of the whole organisation; 3268 and 3269 are the global catalogue"},
	{Service{"snmp", "SNMP", Sensitive}, "161-162/tcp 161-162/udp",
		"reads and sets devices with guessable community names"},
	{Service{"ipmi", "IPMI and remote management boards", Sensitive}, "623/tcp 623/udp 664/tcp 664/udp",
		"power, console and disks below the operating system; gives away password hashes by design (CVE-2013-4786)"},

	// Sensitive: databases, caches and search engines.
	{Service{"mssql", "Microsoft SQL Server", Sensitive}, "1433-1434/tcp 1433-1434/udp",
		"database; 1434/udp is the browser that the worm of 2003 used, 1434/tcp the administrator's connection"},
	{Service{"oracle-db", "Oracle Database", Sensitive}, "1521/tcp 2483-2484/tcp",
		"database; 2483 and 2484 are the registered numbers of the listener"},
	{Service{"mysql", "MySQL and MariaDB", Sensitive}, "3306/tcp 33060/tcp",
		"database; 33060 is the X protocol"},
	{Service{"postgresql", "PostgreSQL", Sensitive}, "5432/tcp",
		"database"},
	{Service{"db2", "IBM Db2", Sensitive}, "446/tcp 448/tcp 523/tcp 523/udp",
		"database; the registered numbers of DRDA and of the administration server"},
	{Service{"firebird", "Firebird and InterBase", Sensitive}, "3050/tcp",
		"database with a well-known administrator password; registered as gds-db"},
	{Service{"sap-hana", "SAP HANA", Sensitive}, "30013/tcp 30015/tcp",
		"database; the ports of instance 00"},
	{Service{"vertica", "Vertica", Sensitive}, "5433/tcp",
		"database"},
	{Service{"cockroachdb", "CockroachDB", Sensitive}, "26257/tcp",
		"database"},
	{Service{"mongodb", "MongoDB", Sensitive}, "27017-27019/tcp",
		"database; erased for ransom by the thousand since 2017"},
	{Service{"cassandra", "Apache Cassandra", Sensitive}, "7199/tcp 9042/tcp",
		"database; 7199 is its Java management port"},
	{Service{"couchdb", "Apache CouchDB", Sensitive}, "5984/tcp 6984/tcp",
		"database; anybody became administrator through CVE-2017-12635"},
	{Service{"couchbase", "Couchbase", Sensitive}, "8091/tcp 11210/tcp 18091/tcp",
		"database; administration and data"},
	{Service{"rethinkdb", "RethinkDB", Sensitive}, "28015/tcp",
		"database without an administrator password by default; client port"},
	{Service{"neo4j", "Neo4j", Sensitive}, "7473-7474/tcp 7687/tcp",
		"database"},
	{Service{"influxdb", "InfluxDB", Sensitive}, "8086/tcp",
		"database"},
	{Service{"clickhouse", "ClickHouse", Sensitive}, "8123/tcp",
		"database; its 9000 and 9440 are left out, other software uses them as much"},
	{Service{"milvus", "Milvus", Sensitive}, "19530/tcp",
		"database"},
	{Service{"redis", "Redis and Valkey", Sensitive}, "6379/tcp 26379/tcp",
		"cache without a password in older releases, used to take over hosts; 26379 is Sentinel"},
	{Service{"memcached", "Memcached", Sensitive}, "11211/tcp 11211/udp",
		"cache without authentication; UDP amplified the largest floods of 2018"},
	{Service{"hazelcast", "Hazelcast", Sensitive}, "5701/tcp",
		"cache without authentication by default"},
	{Service{"elasticsearch", "Elasticsearch and OpenSearch", Sensitive}, "9200/tcp 9300/tcp",
		"search engine without a password before release 8; erased for ransom since 2017"},
	{Service{"solr", "Apache Solr", Sensitive}, "8983/tcp",
		"search engine without a password by default"},
	{Service{"splunk", "Splunk management", Sensitive}, "8089/tcp",
		"search engine; the management API runs code"},

	// Sensitive: cluster control planes.
	{Service{"kubernetes", "Kubernetes API and kubelet", Sensitive}, "6443/tcp 10250/tcp 10255/tcp",
		"control of every workload; 10255 answers without a password but only reads, so it is here and not above"},
	{Service{"etcd", "etcd", Sensitive}, "2379-2380/tcp",
		"the state and the secrets of a cluster"},
	{Service{"docker-swarm", "Docker Swarm", Sensitive}, "2377/tcp",
		"cluster management"},
	{Service{"zookeeper", "Apache ZooKeeper", Sensitive}, "2181/tcp",
		"cluster state without authentication by default"},
	{Service{"consul", "HashiCorp Consul", Sensitive}, "8300-8302/tcp 8301-8302/udp 8500-8501/tcp",
		"cluster state; without access lists it runs scripts on every node"},
	{Service{"nomad", "HashiCorp Nomad", Sensitive}, "4646-4648/tcp 4648/udp",
		"runs submitted jobs; without access lists for everybody"},
	{Service{"pacemaker", "Pacemaker and Corosync", Sensitive}, "2224/tcp 5404-5405/udp",
		"starts, stops and fences the nodes of a cluster"},

	// Sensitive: block storage and hypervisor consoles.
	{Service{"iscsi", "iSCSI", Sensitive}, "860/tcp 3260/tcp",
		"raw disks, often without authentication"},
	{Service{"vmware", "VMware ESXi and vCenter consoles", Sensitive}, "902-903/tcp 902/udp 5480/tcp",
		"disks and consoles of every virtual machine; hypervisors were encrypted at large in 2023"},
	{Service{"hyperv", "Hyper-V virtual machine console", Sensitive}, "2179/tcp",
		"consoles of every virtual machine"},
	{Service{"proxmox", "Proxmox VE", Sensitive}, "8006/tcp",
		"administration of the hypervisor"},
	{Service{"nutanix", "Nutanix Prism", Sensitive}, "9440/tcp",
		"administration of the hypervisor"},
	{Service{"libvirt", "libvirt", Sensitive}, "16509/tcp 16514/tcp",
		"administration of the hypervisor, 16509 without encryption"},
}
