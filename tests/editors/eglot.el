;;; eglot.el --- longsight under Emacs by plain LSP  -*- lexical-binding: t -*-

;; The real server with a scripted coder: the menu of code actions, a refactor of two files, hunks reviewed by code action alone, undo.
;; Run as: emacs --batch -l eglot.el, with LONGSIGHT, CONFIG and WORKSPACE in the environment.

;; Newer Emacsen compile a stand-in for what `choose` replaces, for which this one may have no compiler.
(defvar native-comp-enable-subr-trampolines)
(setq native-comp-enable-subr-trampolines nil)

(require 'eglot)
(require 'cl-lib)

(define-derived-mode rust-mode prog-mode "Rust")
(add-to-list 'auto-mode-alist '("\\.rs\\'" . rust-mode))
(add-to-list 'eglot-server-programs
             `(rust-mode . (,(getenv "LONGSIGHT") "serve" "--config" ,(getenv "CONFIG"))))
(defvar eglot-confirm-server-edits)
(setq eglot-confirm-server-initiated-edits nil eglot-confirm-server-edits nil
      eglot-sync-connect 10 make-backup-files nil)

(defvar failures 0)

(defun check (name passed &optional detail)
  (unless passed (cl-incf failures))
  (princ (format "%s %s%s\n" (if passed "ok" "FAILED") name (if passed "" (format ": %S" detail)))))

(defun wait-for (seconds look)
  "Whether LOOK has found something within SECONDS."
  (let ((end (+ (float-time) seconds)) found)
    (while (and (not (setq found (funcall look))) (< (float-time) end))
      (accept-process-output nil 0.1))
    found))

(defvar menu nil "Titles that were offered last.")

(defun choose (pattern)
  "Runs the code action at point whose title matches PATTERN, as a person does."
  (cl-letf (((symbol-function 'completing-read)
             (lambda (_prompt collection &rest _)
               (setq menu (mapcar (lambda (item) (if (consp item) (car item) item)) collection))
               (or (cl-find-if (lambda (title) (string-match-p pattern title)) menu) (error "no %s in %S" pattern menu)))))
    ;; No mouse was clicked.
    (let ((last-nonmenu-event t)) (call-interactively #'eglot-code-actions))))

(defun offers (pattern)
  "Whether a code action at point matches PATTERN."
  (cl-some (lambda (action) (string-match-p pattern (plist-get action :title)))
           (eglot-code-actions (point) (point))))

(defun text-of (buffer) (with-current-buffer buffer (buffer-substring-no-properties (point-min) (point-max))))

(let* ((area (find-file-noselect (expand-file-name "src/area.rs" (getenv "WORKSPACE"))))
       (square (find-file-noselect (expand-file-name "src/square.rs" (getenv "WORKSPACE"))))
       (before (text-of area)))
  (with-current-buffer area
    (buffer-enable-undo)
    (apply #'eglot--connect (eglot--guess-contact))
    (check "attached" (eglot-current-server))
    (goto-char (point-min))
    (search-forward "pub fn ")
    (check "code actions" (wait-for 10 (lambda () (offers "Rewrite"))))
    (choose "Rewrite")
    (check "the menu" (cl-some (lambda (title) (string-match-p "Document" title)) menu) menu)
    (check "nothing is changed before it is accepted" (equal before (text-of area)) (text-of area))
    (goto-char (point-min))
    (check "a change waits" (wait-for 20 (lambda () (offers "Accept this change"))))
    (undo-boundary)
    (choose "Accept this change")
    (check "accepted" (wait-for 10 (lambda () (string-match-p "pub fn surface(" (text-of area)))) (text-of area)))
  (with-current-buffer square
    (unless (eglot-managed-p) (eglot--maybe-activate-editing-mode))
    (goto-char (point-min))
    (check "one waits in the other file" (wait-for 10 (lambda () (offers "Reject this change"))))
    (choose "Reject this change")
    (check "rejected" (wait-for 10 (lambda () (goto-char (point-min)) (not (offers "Accept this change")))))
    (search-forward "area(side")
    (choose "Accept this change")
    (check "the other is accepted" (wait-for 10 (lambda () (string-match-p "    surface(side" (text-of square)))) (text-of square))
    (check "the rejected one stays away" (string-match-p "use crate::area::area;" (text-of square)) (text-of square)))
  (with-current-buffer area
    ;; The command loop, which a batch has not, would have put it there.
    (undo-boundary)
    (let ((last-command nil)) (undo))
    (check "one undo" (equal before (text-of area)) (text-of area))
    (eglot-shutdown (eglot-current-server))
    (set-buffer-modified-p nil)))
(princ (format "%d failed\n" failures))
(kill-emacs (if (zerop failures) 0 1))
;;; eglot.el ends here
