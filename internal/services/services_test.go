package services

import (
	"regexp"
	"slices"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/iana"
	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
)

func parse(t testing.TB, texts ...string) portset.Ports {
	t.Helper()
	ports, faults := portset.ParseList(texts)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return ports
}

func TestClassify_KnownPorts(t *testing.T) {
	for _, c := range []struct {
		proto portset.Protocol
		port  uint16
		id    string
		class Class
	}{
		{portset.TCP, 3389, "rdp", MostAttacked},
		{portset.UDP, 3389, "rdp", MostAttacked},
		{portset.UDP, 137, "smb", MostAttacked},
		{portset.UDP, 138, "smb", MostAttacked},
		{portset.TCP, 139, "smb", MostAttacked},
		{portset.TCP, 445, "smb", MostAttacked},
		{portset.TCP, 23, "telnet", MostAttacked},
		{portset.UDP, 23, "iana:telnet", System},
		{portset.TCP, 992, "iana:telnets", System},
		{portset.TCP, 512, "r-services", MostAttacked},
		{portset.TCP, 514, "r-services", MostAttacked},
		{portset.UDP, 514, "iana:syslog", System},
		{portset.TCP, 2375, "docker-api", MostAttacked},
		{portset.TCP, 22, "ssh", Sensitive},
		{portset.UDP, 22, "iana:ssh", System},
		{portset.TCP, 47001, "winrm", Sensitive},
		{portset.TCP, 5963, "vnc", Sensitive},
		{portset.TCP, 5984, "couchdb", Sensitive},
		{portset.TCP, 5985, "winrm", Sensitive},
		{portset.TCP, 6063, "x11", Sensitive},
		{portset.UDP, 69, "ftp", Sensitive},
		{portset.TCP, 111, "rpc", Sensitive},
		{portset.TCP, 135, "rpc", Sensitive},
		{portset.TCP, 2049, "nfs", Sensitive},
		{portset.TCP, 3269, "ldap", Sensitive},
		{portset.UDP, 161, "snmp", Sensitive},
		{portset.UDP, 623, "ipmi", Sensitive},
		{portset.UDP, 1434, "mssql", Sensitive},
		{portset.TCP, 33060, "mysql", Sensitive},
		{portset.TCP, 9200, "elasticsearch", Sensitive},
		{portset.UDP, 11211, "memcached", Sensitive},
		{portset.TCP, 2380, "etcd", Sensitive},
		{portset.TCP, 10250, "kubernetes", Sensitive},
		{portset.TCP, 860, "iscsi", Sensitive},
		{portset.TCP, 902, "vmware", Sensitive},
		{portset.TCP, 8006, "proxmox", Sensitive},
		{portset.TCP, 80, "iana:http", System},
		{portset.UDP, 80, "iana:http", System},
		{portset.SCTP, 80, "iana:http", System},
		{portset.TCP, 4, UnassignedID, System},
		{portset.SCTP, 1, UnassignedID, System},
		{portset.TCP, 0, UnassignedID, System},
		{portset.TCP, 1024, "", None},
		{portset.TCP, 10000, "", None},
		{portset.TCP, 40000, "", None},
		{portset.TCP, 65535, "", None},
		{portset.ICMP, 22, "", None},
		{portset.Other, 22, "", None},
	} {
		service, ok := Classify(c.proto, c.port)
		if service.ID != c.id || service.Class != c.class || ok != (c.class != None) {
			t.Errorf("Classify(%s, %d) = %+v, %t; want %s, %s", c.proto, c.port, service, ok, c.id, c.class)
		}
	}
}

func TestTable_IsWellFormed(t *testing.T) {
	shape := regexp.MustCompile(`^[a-z][a-z0-9-]*$`)
	ids, names := map[string]bool{UnassignedID: true}, map[string]bool{}
	var all portset.Ports
	for _, entry := range table {
		s := entry.service
		if !shape.MatchString(s.ID) || ids[s.ID] || s.Name == "" || names[s.Name] || entry.why == "" {
			t.Errorf("%+v: id or name is empty, of the wrong shape or stands twice, or the reason is missing", entry)
		}
		ids[s.ID], names[s.Name] = true, true
		if s.Class != MostAttacked && s.Class != Sensitive {
			t.Errorf("%s: class %s, want one of the two top classes", s.ID, s.Class)
		}
		ports := parsePorts(entry)
		if ports.IsEmpty() || ports.Overlaps(all) {
			t.Errorf("%s: %s is empty or overlaps another group", s.ID, ports)
		}
		for _, proto := range portset.Protocols() {
			if !proto.HasPorts() && !ports.Of(proto).IsEmpty() {
				t.Errorf("%s: %s has no ports", s.ID, proto)
			}
		}
		all = all.Union(ports)
	}
}

// groupsIn returns the ids of the top-class groups that lie in ports.
func groupsIn(ports portset.Ports) []string {
	var ids []string
	for _, entry := range table {
		if parsePorts(entry).Overlaps(ports) {
			ids = append(ids, entry.service.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

func TestTable_DynamicPorts_HaveNoGroup(t *testing.T) {
	if ids := groupsIn(parse(t, "49152-65535/tcp", "49152-65535/udp", "49152-65535/sctp")); ids != nil {
		t.Errorf("%v have ports at or above 49152, where nothing can be registered", ids)
	}
}

func TestTable_VeeamDataChannels_HoldLDAPISCSIAndOneDatabase(t *testing.T) {
	if got, want := groupsIn(parse(t, "2500-3300/tcp")), []string{"firebird", "iscsi", "ldap"}; !slices.Equal(got, want) {
		t.Errorf("groups inside 2500-3300/tcp: %v, want %v", got, want)
	}
}

// TestTable_BackupListeners_AreNotTopClass lists the listeners and the narrow
// ranges that 50 backup products document. Only groups that are famous on
// their own may share a port with one of them.
func TestTable_BackupListeners_AreNotTopClass(t *testing.T) {
	documented := parse(t,
		"21-22/tcp", "80/tcp", "88/tcp", "111/tcp", "135/tcp", "137-139/tcp", "389/tcp", "443/tcp", "445/tcp",
		"514/tcp", "756/tcp", "873-874/tcp", "902/tcp", "1026-1075/tcp", "1433/tcp", "1500-1501/tcp", "1521/tcp",
		"1556/tcp", "1581/tcp", "2049-2059/tcp", "2772-2774/tcp", "2821/tcp", "3009/tcp", "3205/tcp",
		"3260-3270/tcp", "3527/tcp", "4001/tcp", "4005-4009/tcp", "4032/tcp", "4045/tcp", "4443/tcp",
		"4971-4972/tcp", "5000-5060/tcp", "5106/tcp", "5432/tcp", "5510/tcp", "5555/tcp", "5565-5566/tcp",
		"5671-5672/tcp", "5718-5719/tcp", "5985-5986/tcp", "6075/tcp", "6101/tcp", "6106/tcp", "6123-6124/tcp",
		"6160/tcp", "6162-6165/tcp", "6168-6170/tcp", "6173/tcp", "6180/tcp", "6184-6195/tcp", "6281/tcp",
		"6888/tcp", "7000/tcp", "7778-7781/tcp", "7785/tcp", "7937-7938/tcp", "8000/tcp", "8007/tcp",
		"8014-8015/tcp", "8080/tcp", "8085/tcp", "8200/tcp", "8400-8401/tcp", "8403/tcp", "8408/tcp", "8432/tcp",
		"8443/tcp", "8500-8600/tcp", "8899-8900/tcp", "9000-9001/tcp", "9007-9008/tcp", "9071/tcp",
		"9079-9200/tcp", "9392/tcp", "9401/tcp", "9419/tcp", "9443/tcp", "9446/tcp", "9448-10999/tcp",
		"11090/tcp", "11111-11117/tcp", "11731/tcp", "12800-12801/tcp", "13720/tcp", "13724/tcp", "13782/tcp",
		"15660/tcp", "16000-16999/tcp", "18018/tcp", "20031-20051/tcp", "24444/tcp", "25001/tcp", "27000/tcp",
		"28001-28010/tcp", "28810-28819/tcp", "29000-29100/tcp", "30000-30010/tcp", "35621/tcp", "35623/tcp",
		"44445/tcp", "53/udp", "111/udp", "123/udp", "137-139/udp", "2049/udp", "6123-6124/udp", "6180/udp",
		"6888/udp", "10080/udp", "20031-20051/udp", "35622-35623/udp")
	famous := []string{
		"consul", "elasticsearch", "ftp", "iscsi", "kubernetes", "ldap", "libvirt", "mssql", "nfs", "oracle-db",
		"postgresql", "r-services", "rpc", "smb", "ssh", "vmware", "winrm",
	}
	if got := groupsIn(documented); !slices.Equal(got, famous) {
		t.Errorf("groups on documented backup listeners:\ngot  %v\nwant %v", got, famous)
	}
}

// TestSpecial_EveryPort_AgreesWithTheTable rebuilds the answer for each port
// from the table and the registry.
func TestSpecial_EveryPort_AgreesWithTheTable(t *testing.T) {
	for _, proto := range []portset.Protocol{portset.TCP, portset.UDP, portset.SCTP} {
		var want [1 << 16]Service
		for _, entry := range table {
			for _, r := range parsePorts(entry).Of(proto).Ranges() {
				for port := int(r.First); port <= int(r.Last); port++ {
					want[port] = entry.service
				}
			}
		}
		for port := range 1024 {
			if want[port] != (Service{}) {
				continue
			}
			want[port] = Service{ID: "unassigned-system-ports", Name: "unassigned system ports", Class: System}
			if name, ok := iana.Name(proto, uint16(port)); ok {
				want[port] = Service{ID: "iana:" + name, Name: name, Class: System}
			}
		}
		special, top := SpecialSet(proto), TopClasses(proto)
		for port, w := range want {
			got, ok := Classify(proto, uint16(port))
			if got != w || ok != (w.Class != None) {
				t.Fatalf("Classify(%s, %d) = %+v, %t; want %+v", proto, port, got, ok, w)
			}
			if special.Contains(uint16(port)) != ok || top.Contains(uint16(port)) != (w.Class >= Sensitive) {
				t.Fatalf("%d/%s: in SpecialSet %t, in TopClasses %t; want %+v",
					port, proto, special.Contains(uint16(port)), top.Contains(uint16(port)), w)
			}
		}
	}
}

func TestSpecial_Segments_AreSortedDisjointAndMaximal(t *testing.T) {
	for _, proto := range portset.Protocols() {
		segments := Special(proto)
		if proto.HasPorts() != (len(segments) > 0) || proto.HasPorts() == SpecialSet(proto).IsEmpty() {
			t.Errorf("%s: %d segments, %d ports", proto, len(segments), SpecialSet(proto).Len())
		}
		for i, s := range segments {
			if s.Range.First > s.Range.Last {
				t.Errorf("%s: %+v runs backwards", proto, s)
			}
			if i == 0 {
				continue
			}
			before := segments[i-1]
			if before.Range.Last >= s.Range.First {
				t.Errorf("%s: %+v and %+v overlap or are not sorted", proto, before, s)
			}
			if before.Service == s.Service && before.Range.Last+1 == s.Range.First {
				t.Errorf("%s: %+v and %+v should be one", proto, before, s)
			}
		}
	}
}

// TestServices_OneID_IsOneService: a group has one name and one class on all
// its ports and protocols.
func TestServices_OneID_IsOneService(t *testing.T) {
	seen := map[string]Service{}
	for _, proto := range portset.Protocols() {
		for _, segment := range Special(proto) {
			id := segment.Service.ID
			if s, ok := seen[id]; ok && s != segment.Service {
				t.Errorf("%s is both %+v and %+v", id, s, segment.Service)
			}
			seen[id] = segment.Service
		}
	}
}

func TestClass_String(t *testing.T) {
	want := map[Class]string{MostAttacked: "most attacked", Sensitive: "sensitive", System: "system service", None: "none"}
	for class, text := range want {
		if class.String() != text {
			t.Errorf("Class(%d) = %q, want %q", class, class, text)
		}
	}
	if None >= System || System >= Sensitive || Sensitive >= MostAttacked {
		t.Error("classes are not in the order of their weight")
	}
}

func BenchmarkClassify(b *testing.B) {
	b.ReportAllocs()
	port := uint16(0)
	for b.Loop() {
		Classify(portset.TCP, port)
		port += 251 // walks all ports
	}
}

func BenchmarkBuildIndex(b *testing.B) {
	iana.Version() // the registry is measured in its own package
	b.ReportAllocs()
	for b.Loop() {
		buildIndex(portset.TCP)
	}
}
