/** For each shell what it sources; all ask `loligo completion words -- LINE` when a key is pressed. */
export const scripts = {
  // Bash cuts words at colons, which run names have: what stands before the last one is already on the line.
  bash: `_loligo() {
  local line="\${COMP_LINE:0:COMP_POINT}" typed cur before='' candidate
  read -ra typed <<<"$line"
  [[ $line == *[[:space:]] ]] && typed+=('')
  cur="\${typed[\${#typed[@]}-1]}"
  [[ $cur == *:* && $COMP_WORDBREAKS == *:* ]] && before="\${cur%"\${cur##*:}"}"
  COMPREPLY=()
  while IFS= read -r candidate; do
    COMPREPLY+=("\${candidate#"$before"}")
  done < <("\${typed[0]}" completion words -- "\${typed[@]:1}" 2>/dev/null)
}
complete -o default -F _loligo loligo`,
  zsh: `_loligo() {
  local -a found
  found=("\${(@f)$("\${words[1]}" completion words -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  [[ -n $found ]] && compadd -a found || _files
}
compdef _loligo loligo`,
  fish: `function __loligo
  set -l typed (commandline -opc) (commandline -ct)
  $typed[1] completion words -- $typed[2..-1] 2>/dev/null
end
complete -c loligo -a '(__loligo)'`,
} as const;
