/*
 * For tests: a kernel module that attacks the kernel it is loaded into, when its file in /proc is told to.
 * Loaded while the template is made, as later no module is.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/stop_machine.h>
#include <linux/uaccess.h>
#include <asm/desc.h>
#include <asm/msr.h>
#include <asm/pgtable.h>
#include <asm/tlbflush.h>

/* Fewer than a kernel has. */
#define LABELS 1000

unsigned long attack_true_entry;
void attack_entry(void);
asm(".text\n.globl attack_entry\nattack_entry:\n\tjmp *attack_true_entry(%rip)\n");

/* The kernel's own functions keep the bits that are pinned. */
static void set_cr0(unsigned long value)
{
	asm volatile("mov %0, %%cr0" ::"r"(value) : "memory");
}

static void set_cr4(unsigned long value)
{
	asm volatile("mov %0, %%cr4" ::"r"(value) : "memory");
}

static void poke(unsigned long address, const void *bytes, size_t length)
{
	unsigned long cr0;

	preempt_disable();
	local_irq_disable();
	cr0 = read_cr0();
	set_cr0(cr0 & ~X86_CR0_WP);
	memcpy((void *)address, bytes, length);
	set_cr0(cr0);
	local_irq_enable();
	preempt_enable();
}

/* No processor comes to use what was changed: for code that a kernel cannot live without. */
static int poke_and_halt(void *address)
{
	poke((unsigned long)address, "\xc3", 1);
	for (;;)
		cpu_relax();
	return 0;
}

static int remap(unsigned long address)
{
	pgd_t *pgd = (pgd_t *)__va(read_cr3_pa()) + pgd_index(address);
	pud_t *pud = pud_offset(p4d_offset(pgd, address), address);
	pmd_t *pmd = pmd_offset(pud, address), table;
	struct page *copy = alloc_page(GFP_KERNEL), *split = alloc_page(GFP_KERNEL);
	pte_t *entries = page_address(split);
	int i;

	copy_page(page_address(copy), (void *)(address & PAGE_MASK));
	if (pmd_large(*pmd)) {
		pgprot_t rights = pgprot_large_2_4k(pmd_pgprot(*pmd));
		for (i = 0; i < PTRS_PER_PTE; i++)
			entries[i] = pfn_pte(pmd_pfn(*pmd) + i, rights);
	} else
		copy_page(entries, (void *)pmd_page_vaddr(*pmd));
	i = pte_index(address);
	entries[i] = pfn_pte(page_to_pfn(copy), pte_pgprot(entries[i]));
	table = __pmd(__pa(entries) | _KERNPG_TABLE);
	poke((unsigned long)pmd, &table, sizeof table);
	set_cr4(__read_cr4() ^ X86_CR4_PGE);
	set_cr4(__read_cr4() ^ X86_CR4_PGE);
	return 0;
}

static int writable(unsigned long address)
{
	pgd_t *pgd = (pgd_t *)__va(read_cr3_pa()) + pgd_index(address);
	pmd_t *pmd = pmd_offset(pud_offset(p4d_offset(pgd, address), address), address);
	pmd_t open = __pmd(pmd_val(*pmd) | _PAGE_RW);

	poke((unsigned long)pmd, &open, sizeof open);
	return 0;
}

/* What the kernel writes first when it patches a jump label, and never finishes: the first label behind the address. */
static int breakpoint(unsigned long address, unsigned long labels)
{
	const s32 *entry;
	unsigned long code, found = ULONG_MAX;
	u8 byte = 0xcc;
	int i;

	for (i = 0; i < LABELS; i++) {
		entry = (const s32 *)(labels + i * 16UL);
		code = (unsigned long)entry + *entry;
		if (code >= address && code < found)
			found = code;
	}
	if (found == ULONG_MAX)
		return -ENOENT;
	poke(found, &byte, 1);
	return 0;
}

static int attack(const char *what, unsigned long address, unsigned long labels)
{
	u8 byte = 0xc3;
	struct desc_ptr table;

	if (!strcmp(what, "poke"))
		poke(address, &byte, 1);
	else if (!strcmp(what, "halt"))
		return stop_machine(poke_and_halt, (void *)address, NULL);
	else if (!strcmp(what, "breakpoint"))
		return breakpoint(address, labels);
	else if (!strcmp(what, "gate")) {
		store_idt(&table);
		poke(table.address + 16 * 77 + 1, &byte, 1);
	} else if (!strcmp(what, "segment")) {
		asm volatile("sgdt %0" : "=m"(table));
		poke(table.address + 8 * 5 + 5, "\xf2", 1);
	} else if (!strcmp(what, "idtr")) {
		store_idt(&table);
		table.address = (unsigned long)memcpy(page_address(alloc_page(GFP_KERNEL)), (void *)table.address, PAGE_SIZE);
		load_idt(&table);
	} else if (!strcmp(what, "entry")) {
		rdmsrl(MSR_LSTAR, attack_true_entry);
		wrmsrl(MSR_LSTAR, (unsigned long)attack_entry);
	} else if (!strcmp(what, "protection"))
		set_cr0(read_cr0() & ~X86_CR0_WP);
	else if (!strcmp(what, "smep"))
		set_cr4(__read_cr4() & ~X86_CR4_SMEP);
	else if (!strcmp(what, "remap"))
		return remap(address);
	else if (!strcmp(what, "writable"))
		return writable(address);
	else
		return -EINVAL;
	return 0;
}

static ssize_t attack_write(struct file *file, const char __user *from, size_t length, loff_t *at)
{
	char line[64] = "", what[32] = "";
	unsigned long address = 0, labels = 0;
	int failure;

	if (length >= sizeof line || copy_from_user(line, from, length))
		return -EINVAL;
	if (sscanf(line, "%31s %lx %lx", what, &address, &labels) < 1)
		return -EINVAL;
	failure = attack(what, address, labels);
	return failure ? failure : length;
}

static const struct proc_ops operations = {.proc_write = attack_write};

static int __init attack_init(void)
{
	return proc_create("attack", 0600, NULL, &operations) ? 0 : -ENOMEM;
}
module_init(attack_init);
MODULE_LICENSE("GPL");
