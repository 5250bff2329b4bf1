# What can be read on the first page of each document in /in, by programs that had no part in making it.
for file in /in/*.pdf; do
	pdftoppm -r 150 -gray -f 1 -l 1 "$file" /tmp/page >&2
	printf '%s: ' "${file##*/}"
	OMP_THREAD_LIMIT=1 tesseract /tmp/page*.pgm - --psm 6 -l eng 2>/dev/null | tr '\n' ' '
	echo
	rm -f /tmp/page*
done
